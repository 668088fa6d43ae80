public import Foundation
public import Logging
public import ServiceLifecycle

/// Brings committed packets to the platform, a few beside each other, for as long as it takes.
///
/// One place is kept for small packets, so that a large one on a slow line keeps nobody's application waiting. Until the platform has answered only one goes
/// ahead, and a small one beside a large one.
/// It sleeps until the next packet is due, or for ever when none waits, and is woken by a commit or by the network coming up. A failure of the
/// way (no connection, not the platform, no credential) holds everything until then; a `Retry-After` holds everything until its time has come, whatever
/// happens; a failure of one packet only that packet and what depends on it. All state that matters is in the store: killed at any moment, it goes on where it was.
public actor DeliveryService: Service {
    /// The longest that a platform may ask us to stay away, and that one sleep lasts: a bound on what a wrong header or a moved clock can do.
    public static let longestDelay = Duration.seconds(3600)

    public private(set) var status = DeliveryStatus()

    /// Packets that may be under way at once.
    private let lanes: Int
    private let store: any PacketStore
    private let uplink: any Uplink
    private let backoff: Backoff
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date
    private let logger: Logger

    /// Calls in a row that the store couldn't serve.
    private var storeFailures = 0
    /// Failures of the way in a row.
    private var linkFailures = 0
    /// The last packet that the way was tried with didn't get through. A question that did doesn't say that packets will: on a slow line one does where three don't.
    private var brokeOff = false
    /// No packet is tried meanwhile, since the way is broken or the store can't be worked with.
    private var hold: Hold?
    /// No packet is tried meanwhile, since the platform asked for it. Nothing but time ends it.
    private var askedAway: Hold?
    /// Whether each is large.
    private var underWay: [UUID: Bool] = [:]
    private var committed = false
    private var networkUp = false
    /// A place became free.
    private var freed = false
    /// What the store threw, which ends the loop.
    private var failure: (any Error)?
    private var sleeper: CheckedContinuation<Void, Never>?
    private var listeners: [UUID: AsyncStream<DeliveryUpdate>.Continuation] = [:]

    /// - Parameters:
    ///   - lanes: packets that may be under way at once, 1 or more
    ///   - clock: sleeps
    ///   - now: the wall clock, which the store's dates are measured by
    public init(
        store: any PacketStore, uplink: any Uplink, lanes: Int = 3, backoff: Backoff = Backoff(), clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() }, logger: Logger
    ) {
        self.lanes = max(1, lanes)
        self.store = store
        self.uplink = uplink
        self.backoff = backoff
        self.clock = clock
        self.now = now
        self.logger = logger
    }

    /// Delivers until the task is cancelled or its service group shuts down, then returns; a delivery under way is cut short, which costs nothing
    /// but its bytes. Throws only what the store throws, as without a store nothing may go on; one that is full or damaged (`PacketStoreUnavailable`) is waited for. Run it once.
    public func run() async throws {
        // Who hears the answers also decides what comes next: nobody else needs to be woken for it.
        try await withTaskExecutorPreference(uplink.executor) {
            try await cancelWhenGracefulShutdown { try await self.deliver() }
        }
    }

    private func deliver() async throws {
        defer {
            for listener in listeners.values { listener.finish() }
            listeners = [:]
        }
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                if let failure { throw failure }
                do {
                    try await takeWakeUps()
                    while let packet = try await next() {
                        underWay[packet.id] = packet.isLarge
                        let failures = linkFailures
                        group.addTask { await self.carry(packet, failuresBefore: failures) }
                    }
                    await pause(for: try await nextBeginning())
                } catch let error as PacketStoreUnavailable {
                    await pause(for: holdOff(for: error))
                }
            }
            group.cancelAll()
        }
    }

    /// The packet to begin now; nil when there is none, or none may be begun.
    private func next() async throws -> QueuedPacket? {
        guard mayBegin, let lane = freeLane, let packet = try await store.due(at: now(), limit: 1, among: lane).first else { return nil }
        // Asked again: while the store looked, another packet may have found the way broken, or been told to stay away.
        return mayBegin ? packet : nil
    }

    /// How long to wait before looking again; nil when there is nothing to wait for but a wake-up. Reckoned from one look at the clock on the wall, as it
    /// may be moved at any moment.
    private func nextBeginning() async throws -> Duration? {
        // Without a free place there is nothing to wait for but one.
        guard let lane = freeLane else { return nil }
        let date = now()
        let end = holdEnd(at: date)
        // Asked for what will be due then: its own time may have been written by a clock that was fast.
        if let end, try await !store.due(at: end, limit: 1, among: lane).isEmpty { return .seconds(end.timeIntervalSince(date)) }
        guard let next = try await store.nextDueDate(among: lane) else { return nil }
        let wait = Duration.seconds(next.timeIntervalSince(date))
        // The clock was put back since it was last asked what is due: this is.
        if wait > Self.longestDelay { return .seconds((end ?? date).timeIntervalSince(date)) }
        return wait
    }

    private var mayBegin: Bool { !Task.isCancelled && failure == nil && holdEnd(at: now()) == nil && !networkUp }

    /// What may be begun now; nil when every place is taken.
    private var freeLane: DeliveryLane? {
        let large = underWay.values.count { $0 }
        // Whether the way is there one packet finds out; should it not be, the others needn't break off, too. A large one takes its time to find out.
        let isKnown = !brokeOff && status.platformReachable
        let places = isKnown ? lanes : min(lanes, large + 1)
        guard underWay.count < places else { return nil }
        return DeliveryLane(smallOnly: places > 1 && large >= places - 1, except: Set(underWay.keys))
    }

    /// - Parameter failuresBefore: of the way, when it was decided on
    private func carry(_ packet: QueuedPacket, failuresBefore: Int) async {
        defer {
            underWay[packet.id] = nil
            freed = true
            wake()
        }
        do {
            try await attempt(packet, failuresBefore: failuresBefore)
            storeFailures = 0
        } catch let error as PacketStoreUnavailable {
            holdOff(for: error)
        } catch {
            failure = error
        }
    }

    /// A full disk is no reason to end under a citizen's hands. What couldn't be noted is done again: the platform takes an id once.
    /// - Returns: for how long nothing is tried
    @discardableResult private func holdOff(for store: PacketStoreUnavailable) -> Duration {
        storeFailures += 1
        let delay = backoff.delay(afterFailures: storeFailures)
        hold = Hold(from: now(), for: delay)
        logger.error("the outbox can't be worked with", metadata: ["reason": "\(store.reason)", "retryAfter": "\(delay)"])
        return delay
    }

    /// New packets were committed: try at once, even while the way is held; but not before the time for which the platform asked.
    public func notifyCommitted() {
        committed = true
        wake()
    }

    /// The network came up: try everything at once; but not before the time for which the platform asked.
    public func notifyNetworkUp() {
        networkUp = true
        wake()
    }

    /// What a mere question to the platform found. A way that came back is used at once.
    public func probed(answered: Bool) {
        let cameBack = answered && !status.platformReachable
        asked(answered: answered)
        if cameBack { notifyNetworkUp() }
    }

    /// What happens from now on. The stream ends with `run()`; a listener that falls behind by 256 updates loses the oldest.
    public func updates() -> AsyncStream<DeliveryUpdate> {
        let id = UUID()
        let (stream, continuation) = AsyncStream<DeliveryUpdate>.makeStream(bufferingPolicy: .bufferingNewest(256))
        listeners[id] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(id) }
        }
        return stream
    }

    private func forget(_ listener: UUID) {
        listeners[listener] = nil
    }

    /// Until when no packet may be begun; nil when one may.
    private func holdEnd(at date: Date) -> Date? { [hold, askedAway].compactMap { $0?.end(at: date) }.max() }

    /// A time during which no packet is tried.
    private struct Hold {
        var began: Date
        var end: Date

        init(from date: Date, for length: Duration) {
            began = date
            end = date.addingTimeInterval(length / .seconds(1))
        }

        /// Its end when that is still to come. Before its beginning it is over, too: the clock was put back.
        func end(at date: Date) -> Date? { began <= date && date < end ? end : nil }
    }

    private func takeWakeUps() async throws {
        freed = false
        // One that is over stays so, whatever becomes of the clock.
        let date = now()
        if hold?.end(at: date) == nil { hold = nil }
        if askedAway?.end(at: date) == nil { askedAway = nil }
        if networkUp {
            networkUp = false
            linkFailures = 0
            hold = nil
            try await store.clearDelays()
        }
        if committed {
            committed = false
            hold = nil
        }
    }

    private func attempt(_ packet: QueuedPacket, failuresBefore: Int) async throws {
        let receipt: AcknowledgementReceipt
        do {
            receipt = try await uplink.deliver(packet)
        } catch {
            // Cut short by us: that is no failure of the packet.
            if Task.isCancelled { return }
            // Of an unknown error only the type is told: its text could hold anything.
            let known = error as? DeliveryError ?? DeliveryError(.retryable, code: "uplink.internal", message: "\(type(of: error))")
            return try await handle(known, of: packet, failuresBefore: failuresBefore)
        }
        try await store.markDelivered(id: packet.id, receipt: receipt, at: now())
        wayIsThere()
        hold = nil
        logger.info("delivered", metadata: packet.metadata)
        asked(answered: true)
        publish(.delivered(id: packet.id, reference: packet.reference))
    }

    private func handle(_ error: DeliveryError, of packet: QueuedPacket, failuresBefore: Int) async throws {
        let date = now()
        let text = error.description
        let metadata = packet.metadata.merging(["error": "\(text)"]) { $1 }
        logger.log(level: [.rejected, .damaged].contains(error.kind) ? .error : .warning, "not delivered", metadata: metadata)
        var delay = backoff.delay(afterFailures: packet.attempts + 1)
        switch error.kind {
        case .rejected:
            asked(answered: true)
            wayIsThere()
            try await store.markRejected(id: packet.id, error: text, at: date)
            return publish(.rejected(id: packet.id, reference: packet.reference, error: text))
        case .damaged:
            try await store.quarantine(id: packet.id, error: text)
            return publish(.quarantined(id: packet.id, reference: packet.reference, error: text))
        case .retryable:
            asked(answered: true)
            wayIsThere()
            if let wished = error.retryAfter.map({ min($0, Self.longestDelay) }) {
                // The others wait for as long as was asked, not for the patience that this one needs.
                delay = max(delay, wished)
                // Several may have been told so, each another time.
                let wish = Hold(from: date, for: wished)
                if (askedAway?.end(at: date) ?? .distantPast) < wish.end { askedAway = wish }
            }
        case .unreachable, .notThePlatform, .unauthorised:
            asked(answered: error.kind == .unauthorised)
            // Several that were under way broke off together: that is one failure of the way. Nor does one that began in bad times undo better ones.
            linkFailures = max(linkFailures, min(linkFailures, failuresBefore) + 1)
            brokeOff = true
            delay = backoff.delay(afterFailures: linkFailures)
            hold = Hold(from: date, for: delay)
        }
        let retry = date.addingTimeInterval(delay / .seconds(1))
        try await store.recordFailure(id: packet.id, at: date, retryAt: retry, error: text)
        publish(.postponed(id: packet.id, until: retry))
    }

    /// The platform has had a packet and said what it makes of it.
    private func wayIsThere() {
        linkFailures = 0
        brokeOff = false
    }

    private func asked(answered: Bool) {
        if answered { status.lastContact = now() }
        guard status.platformReachable != answered else { return }
        status.platformReachable = answered
        publish(.status(status))
    }

    private func publish(_ update: DeliveryUpdate) {
        for listener in listeners.values { listener.yield(update) }
    }

    // MARK: - Sleeping

    private func wake() {
        sleeper?.resume()
        sleeper = nil
    }

    /// Returns after so long, or when woken or cancelled. For nil there is no timer.
    private func pause(for length: Duration?) async {
        if committed || networkUp || freed || Task.isCancelled { return }
        let alarm = length.map { self.alarm(after: $0) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { sleeper = $0 }
        } onCancel: {
            // Runs on the actor, so after the continuation is in place.
            Task { await self.wake() }
        }
        alarm?.cancel()
    }

    private func alarm(after length: Duration) -> Task<Void, Never> {
        // At least 10 ms: the two clocks may disagree by a little about whether the time has come.
        let wait = min(max(length, .milliseconds(10)), Self.longestDelay)
        return Task {
            do {
                try await clock.sleep(for: wait)
            } catch {
                return
            }
            wake()
        }
    }
}

extension QueuedPacket {
    /// For the journal: nothing here names a person.
    var metadata: Logger.Metadata {
        ["id": "\(id.uuidString.lowercased())", "sequence": "\(sequence)", "kind": "\(kind)", "reference": "\(reference)", "bytes": "\(byteCount)"]
    }
}
