import Dispatch
import Foundation
import KioskQueue
import Logging
import Outbox
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

    /// Whether calls run there that are made here.
    private static func isOnOwnThread(_ store: OutboxStore) async throws -> Bool {
        try await store.perform { _ in DispatchQueue.getSpecific(key: OwnThread.mark) ?? false }
    }

    @Test func theyRunOnTheThreadOfATaskThatHasOne() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = OutboxStore(try Outbox(directory: directory, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
        #expect(try await !Self.isOnOwnThread(store))
        try await withTaskExecutorPreference(OwnThread()) {
            #expect(try await Self.isOnOwnThread(store))
            // As the deliveries are that the loop begins.
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { try await Self.isOnOwnThread(store) }
                for try await isOwn in group { #expect(isOwn) }
            }
            // What is nobody's child has nobody's thread.
            #expect(try await Task { try await !Self.isOnOwnThread(store) }.value)
        }
    }
}
