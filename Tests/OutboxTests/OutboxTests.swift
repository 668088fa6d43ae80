import Foundation
import GRDB
import Outbox
import Testing

@Suite struct OutboxTests {
    @Test func commitStoresBytesRowsAndSequences() throws {
        let scratch = try Scratch()
        let outbox = try scratch.open()
        let application = OutboxDraft.application()
        let material = OutboxDraft.material(of: application)

        let entries = try outbox.commit([application, material], at: start, seal: bytes)

        #expect(entries.map(\.sequence) == [1, 2])
        #expect(entries.map(\.id) == [application.id, material.id])
        #expect(entries[1].dependsOn == application.id)
        for entry in entries {
            let data = try Data(contentsOf: outbox.fileURL(for: entry))
            #expect(data == Data("packet \(entry.sequence)".utf8))
            #expect(entry.byteCount == data.count)
            #expect(entry.digest == sha256(data))
            #expect(entry.state == .waiting)
            #expect(entry.createdAt == start)
            #expect(try outbox.entry(id: entry.id) == entry)
        }
        #expect(try outbox.entries() == entries)
        #expect(try outbox.entry(id: UUID()) == nil)
        let counts = try outbox.counts()
        #expect(counts[.waiting].entries == 2 && counts.bytes == 16)
    }

    /// What is long is digested beside the sealing.
    @Test func aLongPayloadIsDigestedAsItLies() throws {
        let scratch = try Scratch()
        let outbox = try scratch.open()
        let piece = Data((0..<70_001).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let end = Data("signature".utf8)
        var signed = Data()
        let commit = try outbox.commit(
            [.application()], at: start,
            closing: { digest in
                signed = digest
                return end
            }
        ) { _, _, sink in
            for number in 0..<50 { try sink(piece + Data("\(number)".utf8)) }
        }
        let entry = try #require(commit.first)
        let data = try Data(contentsOf: outbox.fileURL(for: entry))
        #expect(data.count > 3 << 20 && data.count == entry.byteCount)
        #expect(entry.digest == sha256(data))
        #expect(signed.map { String(format: "%02x", $0) }.joined() == sha256(data.dropLast(end.count)))
        #expect(try outbox.verify().isClean)
    }

    @Test func filesAreForTheOwnerAlone() throws {
        let scratch = try Scratch()
        let entry = try scratch.open().commit([.application()], at: start, seal: bytes)[0]
        let file = scratch.payloads.appendingPathComponent(entry.id.uuidString.lowercased() + ".sealed")
        func mode(_ url: URL) throws -> Int? { try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int }
        #expect(try mode(file) == 0o600)
        #expect(try mode(scratch.payloads) == 0o700)
        #expect(try mode(scratch.outboxURL) == 0o700)
    }

    @Test func nothingIsCommittedWhenASealFails() throws {
        struct NoKey: Error {}
        let scratch = try Scratch()
        let outbox = try scratch.open()
        let application = OutboxDraft.application()
        #expect(throws: NoKey.self) {
            try outbox.commit([application, .material(of: application)], at: start) { draft, sequence, sink in
                try bytes(draft, sequence, sink)
                if sequence == 2 { throw NoKey() }
            }
        }
        #expect(try outbox.entries().isEmpty)
        #expect(try scratch.files().isEmpty)
        // The same ids may be tried again, under fresh numbers.
        let entries = try outbox.commit([application, .material(of: application)], at: start, seal: bytes)
        #expect(entries.map(\.sequence) == [3, 4])
    }

    @Test func draftsThatCannotBeKeptAreRefused() throws {
        let scratch = try Scratch()
        let outbox = try scratch.open()
        let application = OutboxDraft.application()
        let material = OutboxDraft.material(of: application)
        func code(_ drafts: [OutboxDraft], seal: (OutboxDraft, UInt64, (Data) throws -> Void) throws -> Void = bytes) -> OutboxError.Code? {
            #expect(throws: OutboxError.self) { try outbox.commit(drafts, at: start, seal: seal) }?.code
        }
        #expect(code([material]) == .invalidDraft)
        #expect(code([material, application]) == .invalidDraft)
        #expect(code([application, application]) == .invalidDraft)
        #expect(code([application]) { _, _, _ in } == .invalidDraft)
        #expect(try outbox.commit([], at: start, seal: bytes).isEmpty)

        _ = try outbox.commit([application], at: start, seal: bytes)
        let before = try Data(contentsOf: scratch.payloads.appendingPathComponent(application.id.uuidString.lowercased() + ".sealed"))
        #expect(code([application]) == .invalidDraft)
        #expect(try Data(contentsOf: scratch.payloads.appendingPathComponent(application.id.uuidString.lowercased() + ".sealed")) == before)
        // Its application came in an earlier commit.
        #expect(try outbox.commit([material], at: start, seal: bytes).count == 1)
    }

    @Test func sequencesGoOnAfterReopening() throws {
        let scratch = try Scratch()
        let first = try scratch.open().commit([.application(), .application()], at: start, seal: bytes)
        let second = try scratch.open().commit([.application()], at: start, seal: bytes)
        #expect(first.map(\.sequence) == [1, 2])
        #expect(second[0].sequence > 2)
    }

    @Test func onlyOneMayOpenTheDirectory() throws {
        let scratch = try Scratch()
        let outbox = try scratch.open()
        #expect(#expect(throws: OutboxError.self) { try scratch.open() }?.code == .locked)
        #expect(try outbox.entries().isEmpty)
    }

    /// The setting belongs to the connection, so only what that connection did can show it: see also `CrashTests.everyCommitSyncs`.
    @Test func theDatabaseIsInWALMode() throws {
        let scratch = try Scratch()
        let outbox = try scratch.open()
        _ = try outbox.commit([.application()], at: start, seal: bytes)
        let other = try DatabaseQueue(path: scratch.outboxURL.appendingPathComponent("outbox.sqlite").path)
        let (mode, migrations) = try other.read { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations")
            )
        }
        #expect(mode == "wal")
        #expect(
            migrations == [
                "1 items and their sequence", "2 hold and quarantine", "3 what is due, and a tally", "4 the platform's ledger", "5 class and size",
            ])
        withExtendedLifetime(outbox) {}
    }

    @Test func aDatabaseThatIsNoneIsCorrupt() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(at: scratch.outboxURL, withIntermediateDirectories: false)
        try Data(repeating: 0x55, count: 8192).write(to: scratch.outboxURL.appendingPathComponent("outbox.sqlite"))
        #expect(#expect(throws: OutboxError.self) { try scratch.open() }?.code == .corrupt)
    }
}
