import Foundation
import GRDB
import Outbox
import Synchronization
import Testing

@Suite struct VerificationTests {
    let scratch: Scratch
    let outbox: Outbox
    let entries: [OutboxEntry]

    init() throws {
        scratch = try Scratch()
        outbox = try scratch.open()
        entries = try outbox.commit((0..<5).map { _ in .application() }, at: start, seal: bytes)
    }

    @Test func leftoversAreRemoved() throws {
        let orphan = "\(UUID().uuidString.lowercased()).sealed"
        for name in ["\(UUID().uuidString.lowercased()).part", orphan, "note.txt"] {
            try Data("left behind".utf8).write(to: scratch.payloads.appendingPathComponent(name))
        }
        try FileManager.default.createDirectory(at: scratch.payloads.appendingPathComponent("folder.part"), withIntermediateDirectories: false)
        let found = try outbox.verify()
        #expect(found.orphans == 2 && found.entries == 5 && found.total == 5 && found.bytes == 40 && found.isClean)
        // What isn't ours is left alone. A finished one is kept: after a lost database it is all there is.
        #expect(try scratch.files() == Set(entries.map { $0.id.uuidString.lowercased() + ".sealed" } + ["note.txt", "folder.part"]))
        #expect(try scratch.files("orphans") == [orphan])
        #expect(try outbox.entries() == entries)
    }

    @Test func damagedPayloadsAreSetAsideAndTheRestGoesOn() throws {
        try FileManager.default.removeItem(at: scratch.file(entries[0].id))
        try Data("short".utf8).write(to: scratch.file(entries[1].id))
        try Data("packet Ü".utf8.prefix(8)).write(to: scratch.file(entries[2].id))
        try outbox.hold(id: entries[2].id)
        try outbox.markDelivered(id: entries[3].id, acknowledgement: Data("signed".utf8), place: place, at: start)
        try Data("packet X".utf8).write(to: scratch.file(entries[3].id))

        let found = try outbox.verify()
        #expect(found.quarantined == entries[0...2].map(\.id) && found.damaged == [entries[3].id] && !found.isClean)
        #expect(try outbox.due(at: start, limit: 10).map(\.id) == [entries[4].id])
        for (entry, fault) in zip(try outbox.entries(state: .quarantined), ["is missing", "has 5 bytes", "has another digest"]) {
            #expect(entry.lastError == "outbox.payload-damaged: the sealed file \(fault), 8 bytes were committed")
        }
        #expect(try outbox.entry(id: entries[3].id)?.state == .delivered)
        // What is left of them stays where it was.
        #expect(try scratch.files() == Set(entries[1...].map { $0.id.uuidString.lowercased() + ".sealed" }))
        // A second look finds nothing new to set aside.
        #expect(try outbox.verify().quarantined.isEmpty)
        #expect(try outbox.commit([.application()], at: start, seal: bytes).count == 1)
    }

    @Test func anEntryInQuarantineCanBeTriedAgain() throws {
        try outbox.quarantine(id: entries[0].id, error: "packet.damaged: by hand")
        #expect(try outbox.due(at: start, limit: 10).count == 4)
        #expect(try outbox.verify().isClean)
        try outbox.retry(id: entries[0].id)
        #expect(try outbox.due(at: start, limit: 10).map(\.id) == entries.map(\.id))
        #expect(try outbox.verify().isClean)
    }

    /// Nothing more is promised on a database that can't be trusted.
    @Test func aDamagedIndexIsFound() throws {
        let reopened = try reopen { file in
            let database = try DatabaseQueue(path: file.path)
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA writable_schema = ON")
                try db.execute(
                    sql: """
                        UPDATE sqlite_master SET sql = replace(sql, 'nextAttemptAt, sequence)', 'sequence, nextAttemptAt)')
                        WHERE name = 'itemDue'
                        """)
                try db.execute(sql: "PRAGMA writable_schema = RESET")
            }
            try database.close()
        }
        #expect(!(try reopened.verify().databaseFaults.isEmpty))
        #expect(#expect(throws: OutboxError.self) { try reopened.commit([.application()], at: start, seal: bytes) }?.code == .corrupt)
        #expect(try reopened.entries() == entries)

        // Once it is mended the outbox takes commits again.
        let database = try DatabaseQueue(path: scratch.url.appendingPathComponent("copy/outbox.sqlite").path)
        try database.writeWithoutTransaction { try $0.execute(sql: "REINDEX") }
        try database.close()
        #expect(try reopened.verify().isClean)
        #expect(try reopened.commit([.application()], at: start, seal: bytes).count == 1)
    }

    /// A page that the disk lost: even SQLite's check can only say that it can't look.
    @Test(arguments: ["itemDue", "item", "sqlite_autoindex_item_1", "tally"])
    func aLostPageIsFound(table: String) throws {
        let reopened = try reopen { file in
            let database = try DatabaseQueue(path: file.path)
            let (page, size) = try database.read { db in
                (
                    try Int.fetchOne(db, sql: "SELECT rootpage FROM sqlite_master WHERE name = ?", arguments: [table]) ?? 0,
                    try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
                )
            }
            try #require(page > 1)
            try database.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            try database.close()
            let handle = try FileHandle(forUpdating: file)
            try handle.seek(toOffset: UInt64((page - 1) * size))
            try handle.write(contentsOf: Data(count: size))
            try handle.close()
        }
        let found = try reopened.verify()
        #expect(!found.databaseFaults.isEmpty && found.orphans == 0)
        #expect(#expect(throws: OutboxError.self) { try reopened.commit([.application()], at: start, seal: bytes) }?.code == .corrupt)
        #expect(try scratch.files("../copy/payloads").count == 5, "nobody can say which of them have no row")
    }

    /// What follows from the rest is derived anew: no entry waits for ever for a mark that is wrong.
    @Test func whatIsDerivedIsPutRight() throws {
        let material = OutboxDraft.material(of: .application(entries[0].id))
        _ = try outbox.commit([material], at: start, seal: bytes)
        try outbox.markDelivered(id: entries[0].id, acknowledgement: Data("signed".utf8), place: place, at: start)
        let counts = try outbox.counts()
        let database = try DatabaseQueue(path: scratch.outboxURL.appendingPathComponent("outbox.sqlite").path)
        try database.write { db in
            try db.execute(sql: "UPDATE item SET blocked = NOT blocked; UPDATE tally SET entries = entries + 7, bytes = 0")
        }
        try database.close()
        #expect(try outbox.due(at: start, limit: 10).isEmpty)
        #expect(try outbox.verify().isClean)
        #expect(try outbox.due(at: start, limit: 10).map(\.id) == entries[1...].map(\.id) + [material.id])
        #expect(try outbox.counts() == counts)
    }

    @Test func itCanBeBrokenOff() throws {
        var looks = 0
        let found = try outbox.verify { _ in
            looks += 1
            return looks < 4
        }
        #expect(found.entries < 5 && found.total == 5)
    }

    /// A verification that runs all the time never takes a file from a commit that is under way.
    @Test func commitsGoOnBesideIt() throws {
        let outbox = outbox
        let ended = Atomic(false)
        let group = DispatchGroup()
        let findings = Mutex<[OutboxVerification]>([])
        DispatchQueue.global().async(group: group) {
            while !ended.load(ordering: .relaxed) {
                if let found = try? outbox.verify(), found.isClean, found.orphans == 0 { continue }
                return findings.withLock { $0.append((try? outbox.verify()) ?? OutboxVerification()) }
            }
        }
        var committed = entries
        for _ in 0..<100 { committed += try outbox.commit([.application(), .application()], at: start, seal: bytes) }
        ended.store(true, ordering: .relaxed)
        group.wait()
        #expect(findings.withLock { $0 } == [])
        #expect(try outbox.entries() == committed)
        #expect(try outbox.verify().isClean)
        #expect(try scratch.files().count == committed.count)
    }

    /// The outbox of this suite after something was done to its database. Its own lock is of this process, too, so that a copy stands in for the disk.
    private func reopen(after harm: (URL) throws -> Void) throws -> Outbox {
        let copy = scratch.url.appendingPathComponent("copy")
        try FileManager.default.copyItem(at: scratch.outboxURL, to: copy)
        try harm(copy.appendingPathComponent("outbox.sqlite"))
        return try Outbox(directory: copy, logger: scratch.logger)
    }
}
