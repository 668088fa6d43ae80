public import Foundation
public import KioskRuntime
public import Logging
public import Outbox
public import ServiceLifecycle

/// Looks now and then how much room the queue has and for how long the platform hasn't answered, and tells what follows for the next citizen.
public actor QueueWatch: Service {
    /// How the queue stands.
    public struct Condition: Sendable, Equatable {
        /// Nil while the outbox or its file system doesn't tell.
        public var room: OutboxRoom?
        /// Whether the largest submission would find room.
        public var hasRoom: Bool
        /// seconds without an answer of the platform; 0 while it answers
        public var offline: Int
        /// The platform wasn't reached for too long.
        public var isFrozen: Bool

        public init(room: OutboxRoom?, hasRoom: Bool, offline: Int, isFrozen: Bool) {
            self.room = room
            self.hasRoom = hasRoom
            self.offline = offline
            self.isFrozen = isFrozen
        }
    }

    /// The condition at every look; for one listener.
    public nonisolated let conditions: AsyncStream<Condition>

    /// seconds between two notes of the time without an answer: a power cut may cost so much of it, or have twice as much counted too much
    private static let noting = 600

    private let listener: AsyncStream<Condition>.Continuation
    private let store: OutboxStore
    private let delivery: DeliveryService
    private let file: URL
    private let freezeAfter: Int?
    private let interval: Duration
    private let moment: @Sendable () -> OfflineTime.Moment
    private let logger: Logger

    private var policy: RoomPolicy
    private var offline: OfflineTime
    private var noted: OfflineTime.Record?
    private var wasFrozen = false
    /// The outbox told its room when it was asked last.
    private var isTold = true

    /// - Parameters:
    ///   - directory: where the time without an answer is remembered, in `offline.json`
    ///   - needed: bytes that the largest submission takes
    ///   - freezeAfter: seconds without an answer of the platform; nil to freeze never
    ///   - interval: between two looks; a commit and a platform that comes or goes are looked at at once
    ///   - moment: the clocks
    public init(
        store: OutboxStore, delivery: DeliveryService, directory: URL, needed: Int, freezeAfter: Int?, interval: Duration = .seconds(30),
        moment: @escaping @Sendable () -> OfflineTime.Moment = { .now }, logger: Logger
    ) {
        self.store = store
        self.delivery = delivery
        self.freezeAfter = freezeAfter
        self.interval = interval
        self.moment = moment
        self.logger = logger
        file = directory.appendingPathComponent("offline.json")
        policy = RoomPolicy(needed: needed)
        (conditions, listener) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let bytes = try? Data(contentsOf: file)
        let record = bytes.flatMap { try? JSONDecoder().decode(OfflineTime.Record.self, from: $0) }
        if bytes != nil, record == nil { logger.error("how long the platform was away isn't known any more: the file can't be read") }
        offline = OfflineTime(record, at: moment())
    }

    /// Looks until the task is cancelled or its service group shuts down.
    public func run() async throws {
        let updates = await delivery.updates()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await update in updates {
                        if case .status = update { await self.look() }
                    }
                }
                while !Task.isCancelled {
                    await self.look()
                    guard (try? await Task.sleep(for: self.interval, tolerance: self.interval / 6)) != nil else { break }
                }
                group.cancelAll()
            }
        }
        note(at: moment())
    }

    /// Looks once: `run` does so again and again.
    @discardableResult
    public func look() async -> Condition {
        let answers = await delivery.status.platformReachable
        var room: OutboxRoom?
        do {
            room = try await store.perform { try $0.room() }
            isTold = true
        } catch {
            // Whoever commits or verifies meets the same, and knows what to do about it.
            if isTold { logger.warning("how much room the outbox has can't be told", metadata: ["error": "\(error)"]) }
            isTold = false
        }
        return take(room, answers: answers)
    }

    private func take(_ room: OutboxRoom?, answers: Bool) -> Condition {
        let now = moment()
        if answers { offline.answered(at: now) }
        let seconds = offline.seconds(at: now)
        let hadRoom = policy.hasRoom
        if let room { policy.update(room: room.left) }
        let condition = Condition(room: room, hasRoom: policy.hasRoom, offline: seconds, isFrozen: freezeAfter.map { seconds >= $0 } ?? false)
        if condition.hasRoom != hadRoom, let room {
            logger.log(
                level: hadRoom ? .warning : .notice, hadRoom ? "the queue is nearly full: no upload is begun" : "the queue has room again",
                metadata: ["used": "\(room.used)", "free": "\(room.free)", "room": "\(room.left)", "needed": "\(policy.needed)"])
        }
        if condition.isFrozen != wasFrozen {
            wasFrozen = condition.isFrozen
            logger.log(
                level: wasFrozen ? .warning : .notice, wasFrozen ? "the platform was away for too long: journeys are frozen" : "journeys go on",
                metadata: ["seconds": "\(seconds)"])
        }
        if isWorthNoting(seconds, at: now) { note(at: now) }
        listener.yield(condition)
        return condition
    }

    /// Every now and then, and when what was noted is far too much; not at each turn of a platform that comes and goes.
    private func isWorthNoting(_ seconds: Int, at now: OfflineTime.Moment) -> Bool {
        guard let noted else { return true }
        return now.sinceBoot - noted.sinceBoot >= Self.noting || noted.offline - seconds >= Self.noting
    }

    private func note(at now: OfflineTime.Moment) {
        let record = offline.record(at: now)
        // Also when it fails: a disk that is full isn't tried at every look.
        noted = record
        do {
            try JSONEncoder().encode(record).write(to: file, options: .atomic)
        } catch {
            logger.warning("how long the platform was away couldn't be noted", metadata: ["error": "\(type(of: error))"])
        }
    }
}
