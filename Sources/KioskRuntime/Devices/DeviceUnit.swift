internal import DeviceLink
internal import KioskModel
internal import LocalAPI
internal import Logging
internal import Synchronization

/// One device: keeps a host running for it, replaces one that ends, and lets callers have it one after the other.
final class DeviceUnit: Sendable {
    /// Callers that may wait for their turn.
    static let maxWaiting = 32

    let spec: DeviceSpec
    private let launcher: any Launcher
    private let socketPath: String
    private let timing: DeviceTiming
    private let board: ReportBoard
    private let care: DeviceCare
    private let log: DeviceLog
    private let state = Mutex(State())

    private enum Turn {
        case granted(HostSession)
        case refused(Completion)
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var host: (any LaunchedHost)?
        var session: HostSession?
        /// When the session's hello was accepted.
        var readySince: ContinuousClock.Instant?
        /// It has carried out a command.
        var didWork = false
        /// From the hello to the end of the link.
        var isUp = false
        var isBusy = false
        var status: DeviceStatus?
        var waiters: [Waiter] = []
        var lastWaiter: UInt64 = 0
        var pause: Task<Void, Never>?
        var isStopping = false
    }

    init(
        _ spec: DeviceSpec, launcher: any Launcher, socketPath: String, timing: DeviceTiming, board: ReportBoard, logger: Logger,
        records: (any DeviceRecords)?, ports: (any PortResetter)?
    ) {
        self.spec = spec
        self.launcher = launcher
        self.socketPath = socketPath
        self.timing = timing
        self.board = board
        var logger = logger
        logger[metadataKey: "device"] = "\(spec.name)"
        log = DeviceLog(logger)
        care = DeviceCare(spec.name, timing: timing, board: board, records: records, ports: ports, log: log)
    }

    // MARK: Callers

    func perform(_ order: DeviceOrder) async -> DeviceOutcome {
        guard let act = DeviceAct(order.command) else { return await carryOut(order) }
        return await care.recording(act, order) { await carryOut($0) }
    }

    private func carryOut(_ order: DeviceOrder) async -> DeviceOutcome {
        switch await turn(until: order.deadline) {
        case .refused(let completion):
            return DeviceOutcome(completion: completion)
        case .granted(let session):
            let began = ContinuousClock.now
            let outcome = await session.perform(order)
            if case .success = outcome.completion {
                state.withLock { if $0.session === session { $0.didWork = true } }
            }
            care.ended(order.command, outcome.completion, after: .now - began)
            return outcome
        }
    }

    /// Waits until the host is up and free, at most until the deadline.
    private func turn(until deadline: ContinuousClock.Instant) async -> Turn {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = Task { [weak self] in
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            self?.withdraw(id, nil)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refusal = state.withLock { state -> Completion? in
                    guard !state.isStopping else { return .fault(.absent) }
                    guard state.waiters.count < Self.maxWaiting else { return .fault(.occupied) }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let refusal { continuation.resume(returning: .refused(refusal)) }
                // What came before the waiter was in the queue found nothing to withdraw.
                if Task.isCancelled { withdraw(id, .cancelled) } else if deadline <= .now { withdraw(id, nil) }
                grantNext()
            }
        } onCancel: {
            withdraw(id, .cancelled)
        }
    }

    /// Takes a waiter out of the queue; with nil, its deadline has passed.
    private func withdraw(_ id: UInt64, _ completion: Completion?) {
        let (waiter, isUp) = state.withLock { state -> (Waiter?, Bool) in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return (nil, false) }
            return (state.waiters.remove(at: index), state.isUp)
        }
        waiter?.continuation.resume(returning: .refused(completion ?? .fault(isUp ? .occupied : .absent)))
    }

    private func grantNext() {
        let granted = state.withLock { state -> (Waiter, HostSession)? in
            guard !state.isBusy, state.isUp, let session = state.session, !state.waiters.isEmpty else { return nil }
            state.isBusy = true
            return (state.waiters.removeFirst(), session)
        }
        guard let (waiter, session) = granted else { return }
        showStatus()
        waiter.continuation.resume(returning: .granted(session))
    }

    // MARK: The host's life

    /// What was known of the device when kioskd ended. Before ``run(_:)``.
    func remember(_ history: DeviceHistory) {
        care.remember(history)
    }

    /// Keeps a host running until ``stop()``.
    func run(_ reception: HostReception) async {
        let caring = Task { await care.run(self) }
        await keepAlive(reception)
        caring.cancel()
        await caring.value
    }

    /// Ends the pause between two hosts.
    func hurry() {
        state.withLock { $0.pause }?.cancel()
    }

    /// A technician's reset has succeeded.
    func forgive() {
        care.forgive()
        showStatus()
    }

    private func keepAlive(_ reception: HostReception) async {
        var pace = ReplacementPace(stable: timing.stable)
        var isFirst = true
        while !state.withLock({ $0.isStopping }) {
            if !isFirst { board.update(spec.name) { $0.restarts += 1 } }
            isFirst = false
            let (uptime, didWork) = await liveOnce(reception, isBroken: pace.isBroken)
            let pause = pace.pause(afterUptime: uptime, didWork: didWork, chance: .random(in: 0...1))
            if pace.isBroken { showBroken(deaths: pace.deaths) }
            await rest(pause)
        }
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: .refused(.fault(.absent))) }
        board.update(spec.name) { $0.state = .absent }
    }

    /// Closes the link, upon which a host ends by itself; kills one that doesn't.
    func stop() {
        let (host, session, pause) = state.withLock { state in
            state.isStopping = true
            return (state.host, state.session, state.pause)
        }
        pause?.cancel()
        guard let host else { return }
        if let session { session.end(.stopped) } else { host.kill() }
        let patience = timing.stopGrace
        Task {
            try? await Task.sleep(for: patience)
            host.kill()
        }
    }

    /// Starts one host and sees it to its end. Returns how long it was up, and whether it carried out a command.
    private func liveOnce(_ reception: HostReception, isBroken: Bool) async -> (Duration, didWork: Bool) {
        let host: any LaunchedHost
        do {
            host = try await launcher.launch(spec, socketPath: socketPath)
        } catch {
            log.say(.error, "the host can't be started", ["error": "\(error)"])
            let fault = DeviceFault(code: "link.launch-failed", action: .configure, detail: "the device's host process can't be started")
            board.update(spec.name) {
                $0.state = .offline
                $0.fault = fault
            }
            care.told(DeviceStatus(state: .offline, fault: fault))
            return (.zero, false)
        }
        let isStopping = state.withLock { state in
            state.host = host
            return state.isStopping
        }
        if isStopping { host.kill() }
        board.update(spec.name) {
            $0.pid = host.pid
            guard !isBroken else { return }
            $0.state = .starting
            $0.fault = nil
        }
        reception.expect(host.pid) { [weak self] channel in self?.attach(channel, of: host) }
        let hello = timing.hello
        let patience = Task { [weak self] in
            guard (try? await Task.sleep(for: hello)) != nil, let self else { return }
            guard state.withLock({ $0.readySince == nil }) else { return }
            log.say(.error, "the host said no hello in time")
            host.kill()
        }
        let exit = await host.waitForExit()
        patience.cancel()
        reception.forget(host.pid)
        return ended(exit)
    }

    private func ended(_ exit: HostExit) -> (Duration, didWork: Bool) {
        let (session, readySince, didWork, isStopping) = state.withLock { state in
            defer {
                state.host = nil
                state.session = nil
                state.readySince = nil
                state.isUp = false
                state.isBusy = false
                state.status = nil
                state.didWork = false
            }
            return (state.session, state.readySince, state.didWork, state.isStopping)
        }
        if !isStopping, session?.hungOnCancel(byWatchdog: exit == .code(HostExitCode.watchdog)) == true { care.hungOnCancel() }
        session?.hostExited()
        log.say(isStopping ? .debug : .warning, "the host ended", ["exit": "\(exit)"])
        care.hostEnded()
        board.update(spec.name) {
            $0.pid = nil
            $0.lastExit = exit.description
            $0.state = .starting
            $0.fault = nil
            $0.conditions = []
        }
        return (readySince.map { .now - $0 } ?? .zero, didWork)
    }

    private func showBroken(deaths: Int) {
        let fault = DeviceFault(code: DeviceFault.hostFailing, action: .reset, detail: "the device's host process ended \(deaths) times in a row")
        board.update(spec.name) {
            $0.state = .offline
            $0.fault = fault
        }
        care.told(DeviceStatus(state: .offline, fault: fault))
    }

    /// Sleeps unless stopped or hurried.
    private func rest(_ pause: Duration) async {
        let sleep = Task { _ = try? await Task.sleep(for: pause) }
        let isStopping = state.withLock { state in
            state.pause = sleep
            return state.isStopping
        }
        if isStopping { sleep.cancel() }
        await sleep.value
        state.withLock { $0.pause = nil }
    }

    // MARK: The host's session

    /// A process that connects twice is no host of ours, and is killed.
    private func attach(_ channel: LinkChannel, of host: any LaunchedHost) {
        let expected = Hello(name: spec.name, deviceClass: spec.deviceClass)
        let session = HostSession(channel: channel, expected: expected, timing: timing) { [weak self] session, event in
            self?.handle(event, of: session, host)
        }
        let isWanted = state.withLock { state in
            guard state.session == nil, state.host?.pid == host.pid, !state.isStopping else { return false }
            state.session = session
            return true
        }
        guard !isWanted else { return session.start() }
        log.say(.error, "the host connected twice and is cut off")
        host.kill()
    }

    private func handle(_ event: HostSession.Event, of session: HostSession, _ host: any LaunchedHost) {
        let isCurrent = state.withLock { state in
            guard state.session === session else { return false }
            switch event {
            case .ready:
                state.readySince = .now
                state.isUp = true
            case .status(let status): state.status = status
            case .free: state.isBusy = false
            case .ended: state.isUp = false
            }
            return true
        }
        if case .ended(let reason) = event {
            if case .violation(let violation) = reason {
                log.say(.error, "the host broke the protocol and is cut off", ["violation": "\(violation.rawValue)"])
            } else if reason != .closed && reason != .stopped {
                log.say(.error, "the host is replaced", ["reason": "\(reason)"])
            }
            // One that is stopping has a while to let go of its device.
            if reason != .stopped { host.kill() }
            return
        }
        guard isCurrent else { return }
        if case .status(let status) = event { care.told(status) }
        showStatus()
        grantNext()
    }

    private func showStatus() {
        // Read under the board's lock: of two that show the status, the one that shows it last has the newest.
        board.update(spec.name) {
            let (status, isBusy) = state.withLock { ($0.status, $0.isBusy) }
            guard let status else { return }
            // Nobody is offered a power supply, and what it says of the mains counts even if it comes and goes.
            let withheld = status.fault == nil && spec.deviceClass != .powerSupply ? care.withheld : nil
            $0.state = withheld?.state ?? (isBusy && status.state == .ready ? .busy : status.state)
            $0.fault = withheld?.fault ?? status.fault
            $0.identity = status.identity
            $0.conditions = status.conditions
        }
    }
}

extension DeviceUnit: DeviceCare.Hands {
    /// Time for a driver to close and open its device.
    static let resetDeadline: Duration = .seconds(20)

    func reset() async {
        _ = await perform(.reset(until: .now + Self.resetDeadline))
    }

    func restart() -> Bool {
        let host = state.withLock { state -> (any LaunchedHost)? in
            guard !state.isBusy else { return nil }
            // Whoever asks before its end is noticed waits for the next host.
            state.isUp = false
            return state.host
        }
        host?.kill()
        return host != nil
    }

    func show() {
        showStatus()
    }
}

extension DeviceOrder {
    static func reset(until deadline: ContinuousClock.Instant) -> DeviceOrder {
        DeviceOrder(command: .reset, files: [], deadline: deadline) { _, _ in }
    }
}
