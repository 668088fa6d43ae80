internal import KioskModel

/// What the threads of a device host share: the link, and what the driver is doing.
final class HostLink: Sendable {
    let channel: LinkChannel
    /// Between two polls of an idle device.
    private let pollInterval: Duration
    private let monitor = Monitor(State())

    /// One command on its way from the link thread to the driver thread.
    struct Job: Sendable {
        let id: CommandID
        let command: DeviceCommand
        let files: [MemoryFile]
        let context: CommandContext
    }

    enum Turn {
        case poll
        case job(Job)
    }

    private struct State {
        /// From receipt to completion; the driver thread hasn't taken it up while `isTaken` is false.
        var job: Job?
        var isTaken = false
        var lastID: CommandID = 0
        /// Set while the driver polls.
        var pollBegan: ContinuousClock.Instant?
        var nextPoll = ContinuousClock.now
        var hasPolled = false
        /// Asked to poll since the last poll began.
        var isWoken = false
        /// The last poll found no device that serves.
        var isMissing = false
        /// Set once the link is gone.
        var closedAt: ContinuousClock.Instant?
        var driverEnded = false

        /// When the watchdog bites, and why.
        var limit: (at: ContinuousClock.Instant, reason: String)? {
            let limits = [
                job.map { ($0.context.deadline + HostMain.grace, "a command overran its deadline") },
                pollBegan.map { ($0 + HostMain.pollLimit, "a poll of the device took too long") },
                closedAt.map { ($0 + HostMain.grace, "the driver didn't let go when the link closed") },
            ]
            return limits.compactMap(\.self).min { $0.0 < $1.0 }
        }
    }

    init(_ channel: LinkChannel, pollInterval: Duration = HostMain.pollInterval) {
        self.channel = channel
        self.pollInterval = pollInterval
    }

    // MARK: Link thread

    /// Reads until the link ends and the driver has let go of the device. Returns the exit code.
    func serve() -> Int32 {
        var code = HostExitCode.linkClosed
        do {
            while let (message, files) = try channel.receive(KioskMessage.self, timeout: nil) {
                try handle(message, files)
            }
        } catch .violation {
            code = HostExitCode.protocol
        } catch {
            // The link is gone: nobody is left to be told.
        }
        close()
        monitor.wait { $0.driverEnded ? .done(()) : .until(nil) }
        return code
    }

    private func handle(_ message: KioskMessage, _ files: [MemoryFile]) throws(LinkFailure) {
        switch message {
        case .ping(let number):
            try requireFiles(files, 0)
            try channel.send(HostMessage.pong(number), timeout: HostMain.sendLimit)
        case .cancel(let id):
            try requireFiles(files, 0)
            // What still waits for the end of a poll, which a silent device makes long, is over at once.
            let isWaiting = monitor.update { state -> Bool in
                guard let job = state.job, job.id == id else { return false }
                job.context.cancel()
                guard !state.isTaken else { return false }
                state.job = nil
                return true
            }
            if isWaiting { try channel.send(HostMessage.completion(id, .cancelled), timeout: HostMain.sendLimit) }
        case .command(let id, let command, let deadline):
            try requireFiles(files, command.fileCount)
            guard (1...LinkBounds.maxDeadline).contains(deadline) else { throw .violation(.outOfBounds) }
            let context = CommandContext(deadline: .now + .milliseconds(deadline), send: progressSender(for: id))
            let job = Job(id: id, command: command, files: files, context: context)
            enum Verdict { case accepted, busy, replayed }
            let verdict = monitor.update { state -> Verdict in
                guard id > state.lastID else { return .replayed }
                state.lastID = id
                guard state.job == nil else { return .busy }
                state.job = job
                state.isTaken = false
                return .accepted
            }
            switch verdict {
            case .accepted: break
            case .busy: try channel.send(HostMessage.completion(id, .fault(.busy)), timeout: HostMain.sendLimit)
            case .replayed: throw .violation(.unexpected)
            }
        }
    }

    private func requireFiles(_ files: [MemoryFile], _ count: Int) throws(LinkFailure) {
        guard files.count == count else { throw .violation(.fileCount) }
    }

    /// A driver may report as often as it likes: fractions that come too fast are dropped here.
    private func progressSender(for id: CommandID) -> @Sendable (DeviceProgress, [MemoryFile]) throws -> Void {
        let channel = channel
        let nextFraction = Monitor(ContinuousClock.now)
        return { progress, files in
            if case .fraction = progress {
                let due = nextFraction.update { next -> Bool in
                    guard ContinuousClock.now >= next else { return false }
                    next = .now + HostMain.fractionInterval
                    return true
                }
                guard due else { return }
            }
            try channel.send(HostMessage.progress(id, progress.cleaned), files: files, timeout: HostMain.sendLimit)
        }
    }

    /// Cancels what runs, and starts the watchdog's last second. From any thread.
    func close() {
        monitor.update {
            if $0.closedAt == nil { $0.closedAt = .now }
            $0.job?.context.cancel()
        }
        channel.shutdown()
    }

    /// Has the driver thread poll as soon as it is free. From any thread.
    func wake() {
        monitor.update {
            $0.nextPoll = .now
            $0.isWoken = true
        }
    }

    /// The same, if the last poll found no device that serves; returns whether. From any thread.
    @discardableResult
    func wakeIfMissing() -> Bool {
        monitor.update {
            guard $0.isMissing else { return false }
            $0.nextPoll = .now
            $0.isWoken = true
            return true
        }
    }

    // MARK: Driver thread

    /// Waits for something to do; nil when the link is gone. The first turn is always a poll.
    func nextTurn() -> Turn? {
        monitor.wait { state in
            if state.closedAt != nil { return .done(nil) }
            if state.hasPolled, !state.isTaken, let job = state.job {
                state.isTaken = true
                return .done(.job(job))
            }
            guard ContinuousClock.now >= state.nextPoll else { return .until(state.nextPoll) }
            state.hasPolled = true
            return .done(.poll)
        }
    }

    /// Has the watchdog look after `poll`.
    func polling(_ poll: () -> DeviceStatus) -> DeviceStatus {
        monitor.update {
            $0.pollBegan = .now
            $0.isWoken = false
        }
        let status = poll()
        monitor.update {
            $0.pollBegan = nil
            $0.isMissing = status.state.isMissing
            $0.nextPoll = $0.isWoken ? .now : .now + pollInterval
        }
        return status
    }

    /// Frees the host for the next command, which may come as soon as kioskd has read the completion.
    func finish(_ job: Job) {
        monitor.update {
            if $0.job?.id == job.id { $0.job = nil }
            $0.isTaken = false
            $0.nextPoll = .now
        }
    }

    func driverEnded() {
        monitor.update { $0.driverEnded = true }
    }

    // MARK: Watchdog thread

    /// Never returns: waits for the next limit to pass, and ends the process when one does.
    func watch() -> Never {
        let reason = monitor.wait { state -> Wait<String> in
            guard let limit = state.limit, !state.driverEnded else { return .until(nil) }
            return ContinuousClock.now >= limit.at ? .done(limit.reason) : .until(limit.at)
        }
        HostMain.end(HostExitCode.watchdog, reason)
    }
}
