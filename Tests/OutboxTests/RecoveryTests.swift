import Foundation
import Outbox
import Testing

@Suite struct RecoveryTests {
    @Test func rowsOfAnAbandonedCommitAreRemoved() throws {
        let scratch = try Scratch()
        let kept = try scratch.open().commit([.application()], at: start, seal: bytes)
        let application = OutboxDraft.application()
        let phantom = try scratch.open().commit([application, .material(of: application)], at: start, seal: bytes)
        // As a commit leaves it that was told that its rows failed.
        let marker = scratch.outboxURL.appendingPathComponent("abandoned/\(phantom[0].sequence)-\(phantom[1].sequence)")
        try FileManager.default.moveItem(at: scratch.file(phantom[0].id), to: marker)
        let outbox = try scratch.open()
        #expect(try outbox.entries() == kept)
        #expect(!FileManager.default.fileExists(atPath: marker.path))
        #expect(try outbox.verify().orphans == 1)
        #expect(try scratch.files() == [kept[0].id.uuidString.lowercased() + ".sealed"])
        #expect(try outbox.commit([.application()], at: start, seal: bytes)[0].sequence > phantom[1].sequence)
    }

    @Test func anUnknownFileAmongTheAbandonedIsNamed() throws {
        let scratch = try Scratch()
        _ = try scratch.open()
        try Data().write(to: scratch.outboxURL.appendingPathComponent("abandoned/notes.txt"))
        #expect(#expect(throws: OutboxError.self) { try scratch.open() }?.code == .corrupt)
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

    /// What a start costs doesn't grow with what lies there: no payload is so much as named.
    @Test func openingLooksAtNoPayload() throws {
        let scratch = try Scratch()
        #expect(try write(to: scratch, count: 30, size: 100).acknowledged.count == 60)
        let trace = scratch.url.appendingPathComponent("trace")
        let run = try write(to: scratch, count: 0, size: 1, wrapper: ["strace", "-f", "-y", "-qq", "-o", trace.path, "-e", "trace=%file,getdents64"])
        #expect(run.lines == ["open"])
        let calls = try String(contentsOf: trace, encoding: .utf8).split(separator: "\n")
        #expect(!calls.contains { $0.contains(".sealed") })
        #expect(!calls.contains { $0.contains("getdents64") && $0.contains("payloads") })
        #expect(calls.contains { $0.contains("outbox.sqlite") })
    }
}
