import Bench
import Foundation
import Glibc
import Synchronization

/// A program of ours that takes and gives lines: `vm-device` as a device, or as a probe. What it complains of goes to the log.
final class LineProgram: Sendable {
    private struct State {
        /// Lines not yet asked for.
        var lines: [String] = []
        var status: Int32?
    }

    private let name: String
    private let pid: pid_t
    /// Its standard input and output.
    private let channel: Int32
    private let state = Mutex(State())

    /// Starts it.
    ///
    /// - Parameter arguments: what follows the program's own name
    init(_ program: String, _ arguments: [String], log: @escaping @Sendable (String) -> Void) throws {
        name = arguments.first ?? program
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw DeviceTrouble("no line to \(name): \(String(cString: strerror(errno)))")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 { posix_spawn_file_actions_adddup2(&actions, ends[1], descriptor) }
        // Threads of the concurrency pool hold signals back, which a child would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, &attributes, &words, environ)
        close(ends[1])
        channel = ends[0]
        self.pid = pid
        guard code == 0 else { throw DeviceTrouble("\(program) can't be started: \(String(cString: strerror(code)))") }
        Thread.detachNewThread { [self] in follow(log) }
    }

    deinit { close(channel) }

    /// Sends a line and returns the next one that comes.
    func ask(_ line: String, within deadline: Duration) async throws -> String {
        let bytes = Array((line + "\n").utf8)
        guard send(channel, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw DeviceTrouble("\(name) has ended") }
        return try await nextLine(within: deadline)
    }

    /// The next line, whatever it says.
    func nextLine(within deadline: Duration) async throws -> String {
        try await line(within: deadline, "a line") { _ in true }
    }

    /// The next line that fits; those before it are passed over. Throws at the deadline, and when the program ends without one.
    func line(within deadline: Duration, _ what: String, _ fits: (String) -> Bool) async throws -> String {
        var passed: [String] = []
        let found = try await Poll.until("\(what) from \(name)", deadline: deadline) { () -> Poll.Outcome<String?> in
            let (fresh, hasEnded) = state.withLock { state in
                let end = state.lines.firstIndex(where: fits).map { $0 + 1 } ?? state.lines.count
                defer { state.lines.removeFirst(end) }
                return (Array(state.lines[..<end]), state.status != nil)
            }
            passed += fresh
            if let last = passed.last, fits(last) { return .there(last) }
            return hasEnded ? .there(nil) : .notYet(passed.last ?? "nothing")
        }
        guard let found else { throw DeviceTrouble("\(name) ended before \(what): \(passed.last ?? "it said nothing")") }
        return found
    }

    /// Waits for its end and returns the exit code (128 + signal when it was killed) and the last line.
    func end(within deadline: Duration) async throws -> (status: Int32, last: String) {
        try await Poll.until("the end of \(name)", deadline: deadline) {
            state.withLock { state in
                if let status = state.status { return .there((status, state.lines.last ?? "")) }
                return .notYet(state.lines.last ?? "nothing")
            }
        }
    }

    /// Lets it end by itself: its input is over. Kills it when it doesn't.
    func stop(within deadline: Duration) async {
        shutdown(channel, Int32(SHUT_WR))
        if (try? await end(within: deadline)) == nil { kill() }
    }

    func kill() {
        // Until the status is taken over the id can't be another process's.
        state.withLock { state in
            if state.status == nil { _ = Glibc.kill(pid, SIGKILL) }
        }
    }

    /// Runs on a thread of its own until the program ends.
    private func follow(_ log: @Sendable (String) -> Void) {
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(channel, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += buffer.prefix(count)
            while let end = rest.firstIndex(of: 0x0A) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeSubrange(...end)
                log(line)
                if !line.hasPrefix("vm-device: ") { state.withLock { $0.lines.append(line) } }
            }
        }
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
        state.withLock { state in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            state.status = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
        }
    }
}
