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
                sql: "UPDATE sqlite_master SET sql = replace(sql, '(nextAttemptAt, sequence)', '(sequence, nextAttemptAt)') WHERE name = 'itemDue'")
        }
        let before = try scratch.open()
        #expect(!(try before.verify().databaseFaults.isEmpty))
        // Of a commit that never came to its end: the database is whole, and doesn't know it.
        let stranger = UUID()
        try Self.seal(OutboxDraft(id: stranger, kind: "application", reference: "TEST"), 41) { try $0.write(to: scratch.file(stranger)) }
        withExtendedLifetime(before) {
            #expect(#expect(throws: OutboxError.self) { try repair() }?.code == .locked)
        }
        let copy = try copied()
        let made = try repair(copy)
        #expect(made.rows == 40 && made.packets == 0 && made.unacknowledged == 1 && made.unknown == 0)
        let kept = try #require(made.damaged)
        #expect(FileManager.default.fileExists(atPath: kept + "/outbox.sqlite"))
        let outbox = try Outbox(directory: copy, logger: scratch.logger)
        #expect(try outbox.entries() == entries)
        #expect(try outbox.verify().orphans == 1 && outbox.verify().isClean)
        #expect(try outbox.entry(id: stranger) == nil)
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
