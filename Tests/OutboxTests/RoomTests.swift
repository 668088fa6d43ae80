import Foundation
import Outbox
import Synchronization
import Testing

/// What a commit may take, and that nothing gives way to it. Packets have 8 bytes as long as their numbers have one digit.
@Suite struct RoomTests {
    private let scratch: Scratch
    private let free = Free()

    /// bytes that the file system says are free
    private final class Free: Sendable {
        let bytes = Mutex(1_000_000)
        func set(_ number: Int) { bytes.withLock { $0 = number } }
        func get() -> Int { bytes.withLock { $0 } }
    }

    init() throws { scratch = try Scratch() }

    private func open(quota: Int? = nil, reserve: Int = 0) throws -> Outbox {
        try Outbox(
            directory: scratch.outboxURL, limits: OutboxLimits(quota: quota, reserve: reserve), freeBytes: { [free] in free.get() },
            logger: scratch.logger)
    }

    private func refusal(of drafts: [OutboxDraft], in outbox: Outbox) -> OutboxError.Code? {
        #expect(throws: OutboxError.self) { try outbox.commit(drafts, at: start, seal: bytes) }?.code
    }

    private func pair() -> [OutboxDraft] {
        let application = OutboxDraft.application()
        return [application, .material(of: application)]
    }

    @Test func aCommitBeyondTheQuotaLeavesNothingBehind() throws {
        let outbox = try open(quota: 24)
        let kept = try outbox.commit(pair(), at: start, seal: bytes)
        #expect(try outbox.room() == OutboxRoom(limits: OutboxLimits(quota: 24), used: 16, free: 1_000_000))
        #expect(try outbox.room().left == 8)

        // The application alone would fit; its material doesn't.
        #expect(refusal(of: pair(), in: outbox) == .full)
        #expect(try outbox.entries() == kept)
        #expect(try scratch.files() == Set(kept.map { $0.id.uuidString.lowercased() + ".sealed" }))

        // The outbox goes on, up to the last byte.
        let last = try outbox.commit([.application()], at: start, seal: bytes)
        #expect(try outbox.room().left == 0 && outbox.counts().bytes == 24)
        // Then nothing is even sealed.
        #expect(throws: OutboxError.self) {
            try outbox.commit([.application()], at: start) { _, _, _ in Issue.record("sealed without room") }
        }
        #expect(try outbox.entries() == kept + last)
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [kept[0].id, last[0].id])
        #expect(try outbox.verify() == OutboxVerification(clean: 3, bytes: 24))
    }

    @Test func theClosingBytesCountToo() throws {
        let outbox = try open(quota: 15)
        #expect(throws: OutboxError.self) { try outbox.commit([.application()], at: start, closing: { $0.prefix(8) }, seal: bytes) }
        #expect(try scratch.files().isEmpty)
        #expect(try outbox.commit([.application()], at: start, closing: { $0.prefix(7) }, seal: bytes)[0].byteCount == 15)
    }

    @Test func theReserveIsLeftFree() throws {
        let outbox = try open(reserve: 1000)
        free.set(1010)
        #expect(refusal(of: pair(), in: outbox) == .full)
        #expect(try outbox.commit([.application()], at: start, seal: bytes).count == 1)
        free.set(1000)
        #expect(refusal(of: [.application()], in: outbox) == .full)
        free.set(10)
        #expect(try outbox.room().left == 0, "less than the reserve is no room, and no error")
        #expect(refusal(of: [.application()], in: outbox) == .full)
        free.set(2000)
        #expect(try outbox.commit(pair(), at: start, seal: bytes).count == 2)
        #expect(try outbox.counts()[.waiting].entries == 3)
    }

    @Test func theSmallerOfBothIsWhatThereIs() throws {
        let outbox = try open(quota: 100, reserve: 1000)
        free.set(1050)
        #expect(try outbox.room().left == 50)
        free.set(9000)
        #expect(try outbox.room().left == 100)
    }

    /// Delivered files are kept for a platform that loses them: they take room until a backup has them.
    @Test func archivingMakesRoomAndNothingElse() throws {
        let outbox = try open(quota: 16)
        let entries = try outbox.commit(pair(), at: start, seal: bytes)
        for (index, entry) in entries.enumerated() {
            try outbox.markDelivered(
                id: entry.id, acknowledgement: Data("signed".utf8), place: LedgerPlace(term: "first", number: UInt64(index) + 1), at: start)
        }
        #expect(refusal(of: [.application()], in: outbox) == .full)
        #expect(try outbox.entries().map(\.state) == [.delivered, .delivered])
        #expect(try scratch.files().count == 2)
        _ = try outbox.reconcile(term: "first", asked: try outbox.ledgerTerms(), extents: ["first": 2])
        #expect(try outbox.archive(through: 1, term: "first") == 1)
        #expect(try outbox.room().left == 8)
        #expect(try outbox.commit([.application()], at: start, seal: bytes).count == 1)
    }

    @Test func aQuotaThatWasLoweredEvictsNothing() throws {
        let entries = try open().commit(pair(), at: start, seal: bytes)
        let outbox = try open(quota: 8)
        #expect(try outbox.room().left == 0)
        #expect(refusal(of: [.application()], in: outbox) == .full)
        #expect(try outbox.entries().map(\.id) == entries.map(\.id))
        #expect(entries.allSatisfy { FileManager.default.fileExists(atPath: scratch.file($0.id).path) })
    }

    @Test func withoutLimitsTheFileSystemIsNotAsked() throws {
        free.set(0)
        #expect(try open().commit(pair(), at: start, seal: bytes).count == 2)
    }

    /// No commit has been under way: there is nothing in doubt.
    @Test func aFileSystemThatTellsNothingRefusesOneCommitOnly() throws {
        let outbox = try Outbox(
            directory: scratch.outboxURL, limits: OutboxLimits(reserve: 1),
            freeBytes: { [free] in
                guard free.get() >= 0 else { throw OutboxError(.io, "fstatvfs") }
                return free.get()
            }, logger: scratch.logger)
        free.set(-1)
        #expect(refusal(of: [.application()], in: outbox) == .io)
        free.set(1000)
        #expect(try outbox.commit([.application()], at: start, seal: bytes).count == 1)
    }

    @Test func theFileSystemIsTheOutboxsOwn() throws {
        let outbox = try Outbox(directory: scratch.outboxURL, logger: scratch.logger)
        let size = try FileManager.default.attributesOfFileSystem(forPath: scratch.outboxURL.path)[.systemSize] as? NSNumber
        let room = try outbox.room()
        #expect(room.free > 0 && room.free <= (size?.intValue ?? 0))
        #expect(room.left == room.free)
    }
}

extension OutboxVerification {
    /// What is found where all is well.
    fileprivate init(clean entries: Int, bytes: Int) {
        self.init()
        (total, self.entries, self.bytes) = (entries, entries, bytes)
    }
}
