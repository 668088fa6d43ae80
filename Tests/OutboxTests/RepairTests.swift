import Foundation
import GRDB
import Outbox
import Testing

/// A database that is lost or damaged is made anew, and nothing that was acknowledged is lost by that.
@Suite struct RepairTests {
    private let scratch: Scratch
    private let entries: [OutboxEntry]

    /// Twenty applications with a material each, of which the first ten pairs are delivered and the first five archived.
    init() throws {
        scratch = try Scratch()
        let outbox = try scratch.open()
        var entries: [OutboxEntry] = []
        for _ in 0..<20 {
            let application = OutboxDraft.application()
            entries += try outbox.commit([application, .material(of: application)], at: start, seal: Self.seal)
        }
        for (index, entry) in entries.prefix(20).enumerated() {
            let place = LedgerPlace(term: "first", number: UInt64(index + 1))
            try outbox.markDelivered(id: entry.id, acknowledgement: Data("signed \(index)".utf8), place: place, at: start)
        }
        _ = try outbox.reconcile(term: "first", asked: ["first"], extents: ["first": 20])
        #expect(try outbox.archive(through: 10, term: "first") == 10)
        try outbox.hold(id: entries[30].id)
        self.entries = try outbox.entries()
    }

    /// A packet that names itself, as real ones do.
    private static func seal(_ draft: OutboxDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws {
        let words = [draft.id.uuidString, "\(sequence)", draft.kind, draft.reference, draft.dependsOn?.uuidString ?? ""]
        try sink(Data(words.joined(separator: "|").utf8))
    }

    private static func describe(_ file: URL) throws -> OutboxLabel? {
        let words = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "|", omittingEmptySubsequences: false).map(
            String.init)
        guard words.count == 5, let id = UUID(uuidString: words[0]), let sequence = UInt64(words[1]) else { return nil }
        return OutboxLabel(id: id, sequence: sequence, kind: words[2], reference: words[3], dependsOn: UUID(uuidString: words[4]))
    }

    private var file: URL { scratch.outboxURL.appendingPathComponent("outbox.sqlite") }

    /// Of another process's outbox, as after a crash: this process may hold the lock of its own for a moment longer.
    private func repair(_ directory: URL? = nil, proceed: (Int) -> Bool = { _ in true }) throws -> OutboxRepair {
        try Outbox.repair(directory: directory ?? scratch.outboxURL, logger: scratch.logger, describe: Self.describe, proceed: proceed)
    }

    /// Everything that had a payload is there, with the same bytes; nothing passes for delivered that wasn't.
    private func checkNothingIsLost(_ directory: URL, sourceLocation: SourceLocation = #_sourceLocation) throws -> [OutboxEntry] {
        let outbox = try Outbox(directory: directory, logger: scratch.logger)
        let found = try outbox.verify()
        #expect(found.isClean && found.orphans == 0, "\(found)", sourceLocation: sourceLocation)
        let now = Dictionary(uniqueKeysWithValues: try outbox.entries().map { ($0.id, $0) })
        for entry in entries {
            guard let after = now[entry.id] else {
                #expect(entry.state == .archived, "\(entry.sequence) is lost", sourceLocation: sourceLocation)
                continue
            }
            #expect((after.sequence, after.kind, after.reference, after.byteCount) == (entry.sequence, entry.kind, entry.reference, entry.byteCount))
            #expect(after.digest == entry.digest && (after.state == entry.state || after.state == .waiting), sourceLocation: sourceLocation)
            if after.state == entry.state { #expect(after.acknowledgement == entry.acknowledgement || after.state == .waiting) }
        }
        let next = try outbox.commit([.application()], at: start, seal: Self.seal)
        #expect(next[0].sequence > (entries.last?.sequence ?? 0), "a number is given twice", sourceLocation: sourceLocation)
        return entries.compactMap { now[$0.id] }
    }

    @Test func aLostDatabaseIsMadeOfThePackets() throws {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
        #expect(#expect(throws: OutboxError.self) { try scratch.open() }?.code == .corrupt)
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
        let made = try repair()
        #expect(made.damaged == nil && made.rows == 0 && made.packets == 30 && made.unknown == 0)
        let after = try checkNothingIsLost(scratch.outboxURL)
        #expect(after.allSatisfy { $0.state == .waiting })
        // An application goes before its material again; one whose application is archived waits for nothing.
        #expect(after.first { $0.sequence == 12 }?.dependsOn == entries[10].id)
    }

    @Test func rowsThatCanBeReadAreKeptAsTheyAre() throws {
        try harm(scratch.outboxURL) { db in
            try db.execute(sql: "PRAGMA writable_schema = ON")
            try db.execute(
                sql: "UPDATE sqlite_master SET sql = replace(sql, 'nextAttemptAt, sequence)', 'sequence, nextAttemptAt)') WHERE name = 'itemDue'")
        }
        let before = try scratch.open()
        #expect(!(try before.verify().databaseFaults.isEmpty))
        // A packet that the database doesn't know.
        let stranger = UUID()
        try Self.seal(OutboxDraft(id: stranger, kind: "application", reference: "TEST"), 41) { try $0.write(to: scratch.file(stranger)) }
        withExtendedLifetime(before) {
            #expect(#expect(throws: OutboxError.self) { try repair() }?.code == .locked)
        }
        let copy = try copied()
        let made = try repair(copy)
        // Whether anybody was told of it a damaged database can't say: better once too often than lost.
        #expect(made.rows == 40 && made.packets == 1 && made.unacknowledged == 0 && made.unknown == 0)
        let kept = try #require(made.damaged)
        #expect(FileManager.default.fileExists(atPath: kept + "/outbox.sqlite"))
        let outbox = try Outbox(directory: copy, logger: scratch.logger)
        #expect(try outbox.entries().filter { $0.id != stranger } == entries)
        let found = try outbox.verify()
        #expect(found.orphans == 0 && found.isClean)
        #expect(try outbox.entry(id: stranger)?.state == .waiting)
    }

    /// As of a page that was written too late: nothing of what is left says that anything is missing.
    @Test func rowsThatVanishedWithoutAWordAreMadeAnew() throws {
        let copy = try copied()
        try harm(copy) { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(sql: "DELETE FROM item WHERE sequence IN (15, 35, 36, 39)")
        }
        let made = try repair(copy)
        #expect(made.rows == 36 && made.packets == 4 && made.unacknowledged == 0)
        let after = try checkNothingIsLost(copy)
        #expect(after.count == 40 && after[39].dependsOn == entries[38].id)
    }

    /// Nobody has deleted what an earlier repair kept, and now the database is lost: it mustn't bring back what was erased since.
    @Test func aDatabaseOfLongAgoSaysNothingOfWhatCameSince() throws {
        #expect(try repair().damaged != nil)
        do {
            let outbox = try scratch.open()
            for (index, entry) in entries[20...23].enumerated() {
                let place = LedgerPlace(term: "first", number: UInt64(21 + index))
                try outbox.markDelivered(id: entry.id, acknowledgement: Data("signed".utf8), place: place, at: start)
            }
            _ = try outbox.reconcile(term: "first", asked: ["first"], extents: ["first": 24])
            // Ten that the kept database has as delivered, and two that it has as waiting.
            #expect(try outbox.archive(through: 22, term: "first") == 12)
        }
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
        let made = try repair()
        #expect(made.damaged == nil && made.rows == 38 && made.packets == 0 && made.unknown == 0)
        let outbox = try scratch.open()
        // Whether a backup has them an old database doesn't know: the platform is asked, as ever, before anything is taken for erased.
        let files = try entries[10...19].map { try #require(try outbox.entry(id: $0.id)) }
        #expect(files.allSatisfy { $0.state == .delivered })
        _ = try outbox.reconcile(term: "first", asked: ["first"], extents: ["first": 24])
        _ = try outbox.archive(through: 22, term: "first")
        #expect(try outbox.verify().isClean)
        let states = Dictionary(uniqueKeysWithValues: try outbox.entries().map { ($0.id, $0.state) })
        #expect(entries[..<20].allSatisfy { states[$0.id] == .archived })
        #expect(entries[20...21].allSatisfy { states[$0.id] == nil })
        // It knows nothing of their delivery: they are delivered once more.
        #expect(entries[22...23].allSatisfy { states[$0.id] == .waiting })
    }

    /// A material is not sent ahead of an application that somebody must look at.
    @Test func whatDependsOnAFileThatWasNotTakenIsSetAside() throws {
        let copy = try copied()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy.appendingPathComponent("outbox.sqlite").path + suffix) }
        try Data("changed".utf8).write(to: copy.appendingPathComponent("payloads/\(entries[36].id.uuidString.lowercased()).sealed"))
        let made = try repair(copy)
        #expect(made.unknown == 1 && made.packets == 29)
        let outbox = try Outbox(directory: copy, logger: scratch.logger)
        let material = try #require(try outbox.entry(id: entries[37].id))
        #expect(material.state == .quarantined && material.lastError?.hasPrefix("outbox.dependency-lost: ") == true)
        #expect(try outbox.entries(state: .quarantined).count == 1)
    }

    /// A disk that doesn't answer isn't a packet that is gone: nothing is changed, and the disk is to be copied.
    @Test func aFileThatCannotBeReadStopsIt() throws {
        let copy = try copied()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy.appendingPathComponent("outbox.sqlite").path + suffix) }
        struct Unreadable: Error {}
        #expect(throws: Unreadable.self) { try Outbox.repair(directory: copy, logger: scratch.logger, describe: { _ in throw Unreadable() }) }
        #expect(!FileManager.default.fileExists(atPath: copy.appendingPathComponent("outbox.sqlite").path))
        #expect(try repair(copy).packets == 30)
    }

    /// kioskd was started on the lost database, and has made an empty one.
    @Test func noNumberIsGivenTwiceBehindAnEmptyDatabase() throws {
        let copy = try copied()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy.appendingPathComponent("outbox.sqlite").path + suffix) }
        #expect(#expect(throws: OutboxError.self) { try Outbox(directory: copy, logger: scratch.logger) }?.code == .corrupt)
        // Those with the highest numbers were delivered and erased.
        for entry in entries[30...] {
            try FileManager.default.removeItem(at: copy.appendingPathComponent("payloads/\(entry.id.uuidString.lowercased()).sealed"))
        }
        #expect(try repair(copy).packets == 20)
        let next = try Outbox(directory: copy, logger: scratch.logger).commit([.application()], at: start, seal: Self.seal)
        #expect(next[0].sequence > 40)
    }

    /// Whichever page the disk loses.
    @Test func noLostPageLosesAPacket() throws {
        let whole = try copied()
        let (pages, size) = try closed(whole)
        #expect(pages > 8)
        for page in 1...pages {
            let copy = scratch.url.appendingPathComponent("page-\(page)")
            try FileManager.default.copyItem(at: whole, to: copy)
            let handle = try FileHandle(forUpdating: copy.appendingPathComponent("outbox.sqlite"))
            try handle.seek(toOffset: UInt64((page - 1) * size))
            try handle.write(contentsOf: Data(count: size))
            try handle.close()
            let made = try repair(copy)
            #expect(made.rows + made.packets >= 30 && made.unknown == 0 && made.unacknowledged == 0, "page \(page): \(made)")
            _ = try checkNothingIsLost(copy)
            try FileManager.default.removeItem(at: copy)
        }
    }

    /// Broken off after any file, it can be begun anew; also when it had come to where the damaged database is gone and the new one not there.
    @Test func itCanBeBrokenOffAnywhere() throws {
        let copy = try copied()
        for count in [1, 15, 30] {
            #expect(#expect(throws: OutboxError.self) { try repair(copy) { $0 < count } }?.code == .interrupted)
            #expect(FileManager.default.fileExists(atPath: copy.appendingPathComponent("outbox.sqlite").path))
        }
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy.appendingPathComponent("outbox.sqlite").path + suffix) }
        let made = try repair(copy)
        #expect(made.rows == 40 && made.packets == 0, "from what the broken off ones have kept: \(made)")
        #expect(try checkNothingIsLost(copy).count == 40)
    }

    @Test func aFileThatIsNoPacketIsKeptApart() throws {
        let copy = try copied()
        try FileManager.default.removeItem(at: copy.appendingPathComponent("outbox.sqlite"))
        for name in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy.appendingPathComponent("outbox.sqlite").path + name) }
        let payloads = copy.appendingPathComponent("payloads")
        // Garbage; one packet under the name of another; a number that can't be.
        let garbage = UUID()
        try Data("garbage".utf8).write(to: payloads.appendingPathComponent("\(garbage.uuidString.lowercased()).sealed"))
        let other = UUID()
        try Self.seal(.application(), 7) { try $0.write(to: payloads.appendingPathComponent("\(other.uuidString.lowercased()).sealed")) }
        let wild = UUID()
        try Self.seal(.application(wild), .max) { try $0.write(to: payloads.appendingPathComponent("\(wild.uuidString.lowercased()).sealed")) }
        let made = try repair(copy)
        #expect(made.unknown == 3 && made.packets == 30)
        let found = try Outbox(directory: copy, logger: scratch.logger).verify()
        #expect(found.isClean && found.orphans == 3)
    }

    /// What was taken back because its fsync failed stays taken back.
    @Test func anAbandonedCommitStaysAbandoned() throws {
        let copy = try copied()
        let last = entries[38...39].map(\.sequence)
        try FileManager.default.moveItem(
            at: copy.appendingPathComponent("payloads/\(entries[38].id.uuidString.lowercased()).sealed"),
            to: copy.appendingPathComponent("abandoned/\(last[0])-\(last[1])"))
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy.appendingPathComponent("outbox.sqlite").path + suffix) }
        let made = try repair(copy)
        #expect(made.packets == 28 && made.unacknowledged == 1)
        let outbox = try Outbox(directory: copy, logger: scratch.logger)
        #expect(try outbox.entries().count == 28)
    }

    // MARK: - Parts

    /// The outbox on another disk, closed: the lock of this process isn't in its way.
    private func copied() throws -> URL {
        let copy = scratch.url.appendingPathComponent("copy-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: scratch.outboxURL, to: copy)
        return copy
    }

    private func harm(_ directory: URL, _ body: (Database) throws -> Void) throws {
        let database = try DatabaseQueue(path: directory.appendingPathComponent("outbox.sqlite").path)
        try database.writeWithoutTransaction(body)
        try database.close()
    }

    /// Everything in one file.
    private func closed(_ directory: URL) throws -> (pages: Int, size: Int) {
        var found = (0, 0)
        try harm(directory) { db in
            _ = try db.checkpoint(.truncate)
            found = (try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0, try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
        return found
    }
}
