import Dispatch
import Foundation
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import Synchronization
import Testing

/// Where calls block that block.
@Suite struct OutboxStoreTests {
    /// A thread that a task has for itself.
    private final class OwnThread: TaskExecutor {
        static let mark = DispatchSpecificKey<Bool>()
        private let queue = DispatchQueue(label: "own thread of a test")

        init() { queue.setSpecific(key: Self.mark, value: true) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private enum Place { case ownThread, queue, pool }

    /// Hears where the outbox is when it says something.
    private final class Listener: LogHandler {
        let heard = Mutex<[Place]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let isOwn = DispatchQueue.getSpecific(key: OwnThread.mark) ?? false
            // A block of a queue is no task's.
            let place: Place = isOwn ? .ownThread : withUnsafeCurrentTask { $0 == nil } ? .queue : .pool
            heard.withLock { $0.append(place) }
        }
    }

    @Test func theDeliveryLoopsBlockItsThreadAndAllOthersAQueue() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let listener = Listener()
        let outbox = try Outbox(directory: directory, logger: Logger(label: "test", factory: { _ in listener }))
        let store = OutboxStore(outbox)
        let drafts = (0..<5).map { _ in OutboxDraft(id: .v7(at: Date()), kind: "application", reference: "k1-1") }
        let ids = try outbox.commit(drafts, at: Date()) { _, _, sink in try sink(Data("sealed".utf8)) }.map(\.id)
        listener.heard.withLock { $0 = [] }

        try await store.quarantine(id: ids[0], error: "none")
        try await withTaskExecutorPreference(OwnThread()) {
            try await store.quarantine(id: ids[1], error: "none")
            // As the deliveries are that the loop begins.
            try await withThrowingDiscardingTaskGroup { $0.addTask { try await store.quarantine(id: ids[2], error: "none") } }
            // What is nobody's child has nobody's thread.
            try await Task { try await store.quarantine(id: ids[3], error: "none") }.value
            // Commits take longer than a delivery may be kept waiting.
            try await store.perform { try $0.quarantine(id: ids[4], error: "none") }
        }
        #expect(listener.heard.withLock(\.self) == [.queue, .ownThread, .ownThread, .queue, .queue])
    }
}
