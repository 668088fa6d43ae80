import Foundation
import Outbox
import Testing

@Suite struct RecoveryTests {
    @Test func leftoversAreRemoved() throws {
        let scratch = try Scratch()
        let entry = try scratch.open().commit([.application()], at: start, seal: bytes)[0]
        for name in ["\(UUID().uuidString.lowercased()).part", "\(UUID().uuidString.lowercased()).sealed"] {
            try Data("left behind".utf8).write(to: scratch.payloads.appendingPathComponent(name))
        }
        #expect(try scratch.open().entries() == [entry])
        #expect(try scratch.files() == [entry.id.uuidString.lowercased() + ".sealed"])
    }

    @Test func rowsOfAnAbandonedCommitAreRemoved() throws {
        let scratch = try Scratch()
        let kept = try scratch.open().commit([.application()], at: start, seal: bytes)
        let application = OutboxDraft.application()
        let phantom = try scratch.open().commit([application, .material(of: application)], at: start, seal: bytes)
        // As a commit leaves it that was told that its rows failed.
        try FileManager.default.moveItem(
            at: scratch.payloads.appendingPathComponent(phantom[0].id.uuidString.lowercased() + ".sealed"),
            to: scratch.payloads.appendingPathComponent("2-3.abandoned"))
        #expect(try scratch.open().entries() == kept)
        #expect(try scratch.files() == [kept[0].id.uuidString.lowercased() + ".sealed"])
        #expect(try scratch.open().commit([.application()], at: start, seal: bytes)[0].sequence == 4)
    }

    @Test func aDamagedPayloadIsSetAsideAndTheRestGoesOn() throws {
        let scratch = try Scratch()
        let entries = try scratch.open().commit([.application(), .application(), .application()], at: start, seal: bytes)
        try FileManager.default.removeItem(at: scratch.payloads.appendingPathComponent(entries[0].id.uuidString.lowercased() + ".sealed"))
        try Data("short".utf8).write(to: scratch.payloads.appendingPathComponent(entries[1].id.uuidString.lowercased() + ".sealed"))
        let outbox = try scratch.open()
        #expect(try outbox.due(at: start, limit: 10).map(\.id) == [entries[2].id])
        for entry in try outbox.entries(state: .rejected) { #expect(entry.lastError?.hasPrefix("outbox.payload-damaged") == true) }
        #expect(try outbox.entries(state: .rejected).count == 2)
    }

    /// Sealed files beside a fresh database are what citizens were promised, not leftovers.
    @Test func aLostDatabaseDoesNotCostThePayloads() throws {
        let scratch = try Scratch()
        _ = try scratch.open().commit([.application()], at: start, seal: bytes)
        let files = try scratch.files()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(at: scratch.outboxURL.appendingPathComponent("outbox.sqlite" + suffix))
        }
        #expect(#expect(throws: OutboxError.self) { try scratch.open() }?.code == .corrupt)
        #expect(try scratch.files() == files)
    }
}
