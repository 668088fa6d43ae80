public import Glibc

/// A process that is started anew when it dies, as systemd does with `Restart=always`, until it is told to stop.
public actor SupervisedProcess {
    /// What the page shows of it.
    public struct Report: Sendable, Codable, Equatable {
        public enum State: String, Sendable, Codable { case starting, running, paused, stopped }

        public var name: String
        /// nil while none runs
        public var pid: Int32?
        public var state: State
    }

    public nonisolated let name: String
    /// Times it was started anew.
    public private(set) var restarts = 0
    private let log: ProcessLog
    private let command: @Sendable () async throws -> BenchProcess.Command
    private let restartDelay: Duration
    private var child: BenchProcess?
    private var supervision: Task<Void, Never>?
    private var stopping = false
    private var paused = false

    /// - Parameter command: asked before each start
    public init(
        _ name: String, log: ProcessLog, restartDelay: Duration = .milliseconds(300),
        command: @escaping @Sendable () async throws -> BenchProcess.Command
    ) {
        self.name = name
        self.log = log
        self.restartDelay = restartDelay
        self.command = command
    }

    /// Returns when it has been started for the first time.
    public func start() async throws {
        guard supervision == nil else { return }
        stopping = false
        let first = try await launch()
        supervision = Task { await supervise(first) }
    }

    public var pid: pid_t? { child.flatMap { $0.end == nil ? $0.pid : nil } }

    public var report: Report {
        let pid = pid
        return Report(name: name, pid: pid, state: pid == nil ? (stopping ? .stopped : .starting) : paused ? .paused : .running)
    }

    /// Sends it a signal; STOP and CONT are remembered for the report.
    public func send(_ signal: Int32) {
        if signal == SIGSTOP { paused = true }
        if signal == SIGCONT { paused = false }
        child?.send(signal)
    }

    /// `kill -9`, and waits until it is gone.
    public func killAndWait() async {
        guard let child else { return }
        child.send(SIGKILL)
        _ = await child.wait()
    }

    /// Ends it for good.
    public func stop() async {
        stopping = true
        supervision?.cancel()
        await child?.stop()
        await supervision?.value
        supervision = nil
    }

    private func launch() async throws -> BenchProcess {
        let child = try await BenchProcess.start(try await command()) { [log, name] bytes in log.append(bytes, from: name) }
        self.child = child
        paused = false
        return child
    }

    private func supervise(_ first: BenchProcess) async {
        var child = first
        while true {
            let end = await child.wait()
            guard !stopping else { return }
            log.note("\(name) ended (\(end)) and is started anew")
            repeat {
                do { try await Task.sleep(for: restartDelay) } catch { return }
                guard !stopping else { return }
                do {
                    child = try await launch()
                    restarts += 1
                    break
                } catch {
                    log.note("\(name): \(error)")
                }
            } while true
            // Told to stop while it was being started: nobody else holds this one.
            if stopping {
                await child.stop()
                return
            }
        }
    }
}
