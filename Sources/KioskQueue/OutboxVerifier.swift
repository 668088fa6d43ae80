internal import Dispatch
public import Foundation
public import Logging
public import Outbox
public import ServiceLifecycle
internal import Synchronization

/// Has the outbox looked through in depth once the kiosk is at work, and every day from then on: what lies on a disk for months must be known to be whole
/// before the day it is needed.
///
/// Unless somebody waits for it it rests after each file as long as that took, so that commits and deliveries keep about half of the disk.
public actor OutboxVerifier: Service {
    /// What is known.
    public struct Knowledge: Sendable {
        /// The last verification that came to its end.
        public var last: OutboxVerification?
        /// When it did.
        public var endedAt: Date?
        /// Why the one after it didn't: a code and a sentence.
        public var failure: String?
        /// The one under way, or about to begin, as far as it has come.
        public var underWay: OutboxVerification?
    }

    /// What each verification found, once it has ended; for one listener.
    public nonisolated let results: AsyncStream<OutboxVerification>

    private let listener: AsyncStream<OutboxVerification>.Continuation
    /// How soon one that failed is tried again.
    private static let retry = Duration.seconds(600)

    private let store: OutboxStore
    private let interval: Duration
    private let logger: Logger
    private let known = Mutex(Knowledge())
    private let queue = DispatchQueue(label: "outbox.verification", qos: .utility)
    /// Somebody waits: no rests, and no waiting for tomorrow.
    private let isUrgent = Atomic(false)
    private var sleeper: CheckedContinuation<Void, Never>?

    /// - Parameter interval: from the end of one verification to the beginning of the next
    public init(store: OutboxStore, interval: Duration = .seconds(24 * 3600), logger: Logger) {
        self.store = store
        self.interval = interval
        self.logger = logger
        (results, listener) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    public nonisolated var knowledge: Knowledge { known.withLock { $0 } }

    /// Begins a verification at once, or hurries the one under way. When this returns, `knowledge.underWay` stands until it has ended.
    public func request() {
        isUrgent.store(true, ordering: .relaxed)
        known.withLock { $0.underWay = $0.underWay ?? OutboxVerification() }
        wake()
    }

    /// Verifies until the task is cancelled or its service group shuts down; one under way is then broken off at the next file.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.listen() }
                while !Task.isCancelled {
                    await self.verify()
                    await self.pause()
                }
                group.cancelAll()
            }
        }
    }

    /// Whoever meets a damaged page has it looked at now, not tomorrow. Once that is known it needn't be said again.
    private func listen() async {
        for await _ in store.damaged where knowledge.last?.databaseFaults.isEmpty ?? true { request() }
    }

    private func verify() async {
        let isCancelled = Cancellation()
        known.withLock { $0.underWay = OutboxVerification() }
        let result: Result<OutboxVerification, any Error> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: Result { try self.look(until: isCancelled) }) }
            }
        } onCancel: {
            isCancelled.flag.store(true, ordering: .relaxed)
            store.outbox.interruptVerification()
        }
        if Task.isCancelled { return }
        isUrgent.store(false, ordering: .relaxed)
        known.withLock { known in
            known.underWay = nil
            known.failure = nil
            switch result {
            case .success(let found): (known.last, known.endedAt) = (found, Date())
            // An error of another kind could say anything.
            case .failure(let error): known.failure = (error as? OutboxError)?.description ?? "\(type(of: error))"
            }
        }
        switch result {
        case .success(let found):
            listener.yield(found)
            logger.log(
                level: found.isClean ? .info : .critical, "the outbox was verified",
                metadata: [
                    "entries": "\(found.entries)", "bytes": "\(found.bytes)", "orphans": "\(found.orphans)",
                    "quarantined": "\(found.quarantined.count)", "damaged": "\(found.damaged.count)", "unreadable": "\(found.unreadable.count)",
                    "databaseFaults": "\(found.databaseFaults.count)",
                ])
        case .failure(let error):
            // Commits and deliveries meet the same disk, and know what to do about it.
            logger.error("the outbox couldn't be verified", metadata: ["error": "\(error)"])
        }
    }

    private nonisolated func look(until cancellation: Cancellation) throws -> OutboxVerification {
        var since = ContinuousClock.now
        return try store.outbox.verify { found in
            known.withLock { $0.underWay = found }
            if !isUrgent.load(ordering: .relaxed) { usleep(UInt32(min(ContinuousClock.now - since, .seconds(1)) / .microseconds(1))) }
            since = ContinuousClock.now
            return !cancellation.flag.load(ordering: .relaxed)
        }
    }

    private final class Cancellation: Sendable {
        let flag = Atomic(false)
    }

    // MARK: - Sleeping

    private func wake() {
        sleeper?.resume()
        sleeper = nil
    }

    /// Returns when the next is due, requested, or the task cancelled.
    private func pause() async {
        if isUrgent.load(ordering: .relaxed) || Task.isCancelled { return }
        let delay = knowledge.failure == nil ? interval : min(interval, Self.retry)
        let alarm = Task {
            try? await Task.sleep(for: delay, tolerance: .seconds(60))
            if !Task.isCancelled { wake() }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { sleeper = $0 }
        } onCancel: {
            // Runs on the actor, so after the continuation is in place.
            Task { await self.wake() }
        }
        alarm.cancel()
    }
}
