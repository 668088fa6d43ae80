internal import DeviceLink
internal import KioskModel
internal import Synchronization

/// What a caller of ``DeviceSupervisor`` wants done.
struct DeviceOrder: Sendable {
    let command: DeviceCommand
    let files: [MemoryFile]
    let deadline: ContinuousClock.Instant
    let progress: @Sendable (DeviceProgress, [MemoryFile]) -> Void
}

/// kioskd's end of the link to one running host, from its hello to its end. A thread of its own reads, checks and hands on one message at a time: what
/// isn't read yet waits in the socket, which is bounded, and so the host is held up, not kioskd.
final class HostSession: Sendable {
    enum Event: Sendable {
        /// The hello fits.
        case ready
        case status(DeviceStatus)
        /// The command that ran has ended: the next may come.
        case free
        case ended(HostEnd)
    }

    private let channel: LinkChannel
    private let expected: Hello
    private let timing: DeviceTiming
    private let notify: @Sendable (HostSession, Event) -> Void
    private let state = Mutex(State())

    private struct State {
        var lastID: CommandID = 0
        var current: Current?
        var end: HostEnd?
        /// The link ended while a cancelled command hadn't.
        var owedCancelled = false
    }

    /// The one command under way.
    private struct Current {
        let id: CommandID
        let deadline: ContinuousClock.Instant
        var rules: ReplyRules
        var isCancelled = false
        /// nil once the caller has its answer.
        var continuation: CheckedContinuation<DeviceOutcome, Never>?
        var progress: (@Sendable (DeviceProgress, [MemoryFile]) -> Void)?
        var timer: Task<Void, Never>?
    }

    /// `notify` is called from the reading thread and from callers' tasks; it doesn't block.
    init(channel: LinkChannel, expected: Hello, timing: DeviceTiming, notify: @escaping @Sendable (HostSession, Event) -> Void) {
        self.channel = channel
        self.expected = expected
        self.timing = timing
        self.notify = notify
    }

    func start() {
        do {
            try BlockingThread.start("link-\(expected.name)") { self.read() }
        } catch {
            end(HostEnd(error))
        }
    }

    /// Ends the link, once; what runs ends with a fault.
    func end(_ reason: HostEnd) {
        let (isFirst, current) = state.withLock { state -> (Bool, Current?) in
            guard state.end == nil else { return (false, nil) }
            state.end = reason
            state.owedCancelled = state.current?.isCancelled ?? false
            defer { state.current = nil }
            return (true, state.current)
        }
        guard isFirst else { return }
        channel.shutdown()
        notify(self, .ended(reason))
        guard let current else { return }
        current.timer?.cancel()
        current.continuation?.resume(returning: DeviceOutcome(completion: .fault(reason.fault(isLate: ContinuousClock.now > current.deadline))))
    }

    /// Whether a command that nobody waits for any more never ended, since the host hung with it. Of a host that has gone, by its own watchdog
    /// or not.
    func hungOnCancel(byWatchdog: Bool) -> Bool {
        state.withLock { state in
            let owes = state.end == nil ? state.current?.isCancelled == true : state.owedCancelled
            return owes && (state.end == .hung || byWatchdog)
        }
    }

    /// The process has gone: reads what it still said, then ends.
    func hostExited() {
        channel.shutdown()
    }

    // MARK: Commands

    /// Carries out one command; the caller has seen to it that no other runs. Answers `.cancelled` as soon as the calling task is cancelled, while the host
    /// has `cancelGrace` to come free.
    func perform(_ order: DeviceOrder) async -> DeviceOutcome {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { begin(id, order, $0) }
        } onCancel: {
            cancel(id)
        }
    }

    private func begin(_ id: CommandID, _ order: DeviceOrder, _ continuation: CheckedContinuation<DeviceOutcome, Never>) {
        if Task.isCancelled {
            notify(self, .free)
            continuation.resume(returning: DeviceOutcome(completion: .cancelled))
            return
        }
        let timer = alarm(at: order.deadline + timing.answerGrace, for: id)
        let ended = state.withLock { state -> HostEnd? in
            if state.end == nil {
                state.current = Current(
                    id: id, deadline: order.deadline, rules: ReplyRules(order.command), continuation: continuation, progress: order.progress,
                    timer: timer)
            }
            return state.end
        }
        if let ended {
            timer.cancel()
            continuation.resume(returning: DeviceOutcome(completion: .fault(ended.fault(isLate: false))))
            return
        }
        let left = min(max(1, Int((order.deadline - .now).wholeMilliseconds)), LinkBounds.maxDeadline)
        do {
            // Never blocks: one command and one ping fit the socket of a host that reads at all.
            try channel.send(KioskMessage.command(id, order.command, deadline: left), files: order.files, timeout: .zero)
        } catch .unsendable {
            resolve(id, DeviceOutcome(completion: .fault(.badRequest("the command fits no message"))))
        } catch {
            end(HostEnd(error))
        }
        // A cancellation that came before `current` was set found nothing to cancel.
        if Task.isCancelled { cancel(id) }
    }

    private func cancel(_ id: CommandID) {
        let (found, continuation) = state.withLock { state -> (Bool, CheckedContinuation<DeviceOutcome, Never>?) in
            guard var current = state.current, current.id == id, !current.isCancelled else { return (false, nil) }
            let continuation = current.continuation
            current.isCancelled = true
            current.continuation = nil
            current.progress = nil
            current.timer?.cancel()
            current.timer = alarm(at: .now + timing.cancelGrace, for: id)
            state.current = current
            return (true, continuation)
        }
        guard found else { return }
        continuation?.resume(returning: DeviceOutcome(completion: .cancelled))
        do {
            try channel.send(KioskMessage.cancel(id), timeout: .zero)
        } catch {
            end(HostEnd(error))
        }
    }

    /// Replaces a host that still has command `id` at that time.
    private func alarm(at instant: ContinuousClock.Instant, for id: CommandID) -> Task<Void, Never> {
        Task { [weak self] in
            guard (try? await Task.sleep(until: instant, clock: .continuous)) != nil, let self else { return }
            if state.withLock({ $0.current?.id == id }) { end(.hung) }
        }
    }

    private func resolve(_ id: CommandID, _ outcome: DeviceOutcome) {
        let current = state.withLock { state -> Current? in
            guard state.current?.id == id else { return nil }
            defer { state.current = nil }
            return state.current
        }
        guard let current else { return }
        current.timer?.cancel()
        notify(self, .free)
        current.continuation?.resume(returning: outcome)
    }

    // MARK: Reading thread

    private func read() {
        do {
            guard let (message, files) = try channel.receive(HostMessage.self, timeout: timing.hello), message == .hello(expected), files.isEmpty
            else { throw LinkFailure.violation(.hello) }
            notify(self, .ready)
            try serve()
        } catch let failure as LinkFailure {
            end(HostEnd(failure))
        } catch {
            end(.hung)
        }
    }

    private struct Silence: Error {}

    private func serve() throws {
        var quota = HostQuota()
        var pings: UInt64 = 0
        var awaited: UInt64?
        while true {
            guard let (message, files) = try channel.receive(HostMessage.self, timeout: timing.heartbeat) else {
                guard awaited == nil else { throw Silence() }
                pings += 1
                awaited = pings
                try channel.send(KioskMessage.ping(pings), timeout: .zero)
                continue
            }
            guard quota.admit(message, files, at: .now) else { throw LinkFailure.violation(.flood) }
            switch message {
            case .hello:
                throw LinkFailure.violation(.hello)
            case .pong(let number):
                guard number == awaited, files.isEmpty else { throw LinkFailure.violation(.unexpected) }
                awaited = nil
            case .status(let status):
                guard files.isEmpty else { throw LinkFailure.violation(.fileCount) }
                guard status.isClean else { throw LinkFailure.violation(.outOfBounds) }
                notify(self, .status(status))
            case .progress(let id, let progress):
                let hand = try admit(id) { (current) throws(LinkFailure) in try current.rules.admit(progress, files) }
                hand?(progress, files)
            case .completion(let id, let completion):
                _ = try admit(id) { (current) throws(LinkFailure) in
                    try current.rules.admit(completion, files, isCancelled: current.isCancelled)
                }
                resolve(id, DeviceOutcome(completion: completion, files: files))
            }
        }
    }

    /// Holds a message against the rules of the command under way; returns where its progress goes, nil once the caller is gone.
    private func admit(
        _ id: CommandID, _ check: (inout Current) throws(LinkFailure) -> Void
    ) throws -> (@Sendable (DeviceProgress, [MemoryFile]) -> Void)? {
        try state.withLock { state in
            // Ended by kioskd meanwhile: the reader will see so at its next turn.
            if state.end != nil { throw LinkFailure.closed }
            guard state.current?.id == id, var current = state.current else { throw LinkFailure.violation(.unexpected) }
            try check(&current)
            state.current = current
            return current.progress
        }
    }
}
