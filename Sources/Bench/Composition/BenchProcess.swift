import Foundation
public import Glibc
import Synchronization

/// A program that runs as a child: started, heard, signalled and reaped. It dies with this process, whatever kills this process.
///
/// Each child has a thread of its own that starts it and waits for its end. The kernel ties "dies with its parent" to the thread that
/// started the child, so that a thread of a pool won't do: it may end at any time.
public final class BenchProcess: Sendable {
    /// What to start.
    public struct Command: Sendable {
        /// absolute path
        public var executable: String
        public var arguments: [String]
        /// Whole environment of the child.
        public var environment: [String: String]

        public init(_ executable: String, _ arguments: [String], environment: [String: String]) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
        }
    }

    /// How it ended.
    public enum End: Sendable, Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)

        public var description: String {
            switch self {
            case .exit(let status): "exit \(status)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    public struct CannotStart: Error, CustomStringConvertible {
        public var executable: String
        public var errno: Int32

        public var description: String { "\(executable) can't be started: \(String(cString: strerror(errno)))" }
    }

    public let pid: pid_t
    private let ended = AsyncBox<End>()
    /// From then on its number may belong to another.
    private let isReaped = Mutex(false)

    private init(pid: pid_t) {
        self.pid = pid
    }

    /// - Parameter output: called on a thread of its own with what the child prints, as it comes
    public static func start(
        _ command: Command, output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) async throws -> BenchProcess {
        try await launch(command, hearing: .milliseconds(500), output: output)
    }

    /// For who counts lines: each that the child finished is heard before its end is told.
    /// - Parameters:
    ///   - hearing: how long its end may be held up for that; a grandchild that keeps the pipe open uses all of it
    ///   - line: called on a thread of its own with each line, as it comes. What follows the last newline wasn't said.
    public static func start(
        _ command: Command, hearing: Duration, line: @escaping @Sendable (String) -> Void
    ) async throws -> BenchProcess {
        let unfinished = Mutex(UnfinishedLine())
        return try await launch(command, hearing: hearing) { bytes in
            for text in unfinished.withLock({ $0.finish(with: bytes) }) { line(text) }
        }
    }

    private static func launch(
        _ command: Command, hearing: Duration, output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) async throws -> BenchProcess {
        try await withCheckedThrowingContinuation { continuation in
            startThread(named: "child") {
                do {
                    let (pid, reading) = try spawn(command)
                    let process = BenchProcess(pid: pid)
                    let reader = DispatchGroup()
                    reader.enter()
                    startThread(named: "output") {
                        drain(reading, into: output)
                        reader.leave()
                    }
                    continuation.resume(returning: process)
                    awaitDeath(of: pid)
                    // What it printed last is heard before its end is told.
                    _ = reader.wait(timeout: .now() + hearing / .seconds(1))
                    process.ended.set(process.reap())
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Nil while it runs.
    public var end: End? { ended.current }

    /// Returns once it has ended and been reaped.
    public func wait() async -> End { await ended.value() }

    /// Does nothing once it has been reaped: its number may belong to another by then.
    public func send(_ signal: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { _ = kill(pid, signal) }
        }
    }

    /// Asks it to end, and ends it when it hasn't within `grace`.
    @discardableResult
    public func stop(grace: Duration = .seconds(5)) async -> End {
        send(SIGCONT)
        send(SIGTERM)
        let patience = Task {
            try await Task.sleep(for: grace)
            send(SIGKILL)
        }
        defer { patience.cancel() }
        return await wait()
    }

    // MARK: On the child's thread

    /// One at a time: between making a pipe and closing it on exec, another child would inherit it and keep it open.
    private static let spawning = Mutex(())

    private static func spawn(_ command: Command) throws -> (pid_t, reading: Int32) {
        try spawning.withLock { _ in try spawnAlone(command) }
    }

    private static func spawnAlone(_ command: Command) throws -> (pid_t, reading: Int32) {
        var pipes: [Int32] = [-1, -1]
        guard pipe(&pipes) == 0 else { throw CannotStart(executable: command.executable, errno: errno) }
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
            close(pipes[1])
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
        // A group of its own: Ctrl-C in the terminal must reach the bench alone, which then stops everything in order. And default signals:
        // whoever waits for SIGTERM with a dispatch source has it ignored, which a child would inherit.
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigdelset(&all, SIGKILL)
        sigdelset(&all, SIGSTOP)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        let words = ["setpriv", "--pdeathsig", "KILL", "--", command.executable] + command.arguments
        var arguments = words.map { strdup($0) } + [nil]
        var environment = command.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, "/usr/bin/setpriv", &actions, &attributes, &arguments, &environment)
        guard status == 0 else {
            close(pipes[0])
            throw CannotStart(executable: command.executable, errno: status)
        }
        return (pid, pipes[0])
    }

    private static func drain(_ descriptor: Int32, into output: (UnsafeRawBufferPointer) -> Void) {
        defer { close(descriptor) }
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { output(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } else if count == 0 || errno != EINTR { return }
            }
        }
    }

    /// Leaves it a zombie, which keeps its number.
    private static func awaitDeath(of pid: pid_t) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    }

    /// After `awaitDeath`.
    private func reap() -> End {
        var status: Int32 = 0
        isReaped.withLock { isReaped in
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            isReaped = true
        }
        let signal = status & 0x7F
        return signal == 0 ? .exit((status >> 8) & 0xFF) : .signal(signal)
    }
}

/// Runs a closure on a new thread. A function of its own, so that the closure inherits nobody's isolation.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.name = name
    thread.start()
}
