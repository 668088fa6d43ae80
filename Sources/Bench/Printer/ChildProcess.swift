internal import Foundation
internal import Glibc
internal import Synchronization

/// A program that ends when this process does, however it dies: the kernel then kills it (PR_SET_PDEATHSIG, by way of setpriv).
///
/// The kernel sends that signal when the *thread* that started the child ends, not the process. Threads of the concurrency pool come and go,
/// hence each child has a thread of its own, which starts it and waits for it.
final class ChildProcess: Sendable {
    /// Also the id of the process group that it and its children form.
    let pid: pid_t
    private let end = Mutex<Int32?>(nil)

    struct LaunchFailure: Error {
        var program: String
        var code: Int32
    }

    private init(pid: pid_t) {
        self.pid = pid
    }

    var hasEnded: Bool { end.withLock { $0 != nil } }

    /// `words[0]` is looked up in PATH; output of both kinds is appended to `log`. Signals have their defaults and no descriptor is inherited.
    static func launch(_ words: [String], environment: [String: String], log: URL) async throws -> ChildProcess {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { run(words, environment: environment, log: log, started: continuation) }
        }
    }

    private static func run(
        _ words: [String], environment: [String: String], log: URL, started: CheckedContinuation<ChildProcess, any Error>
    ) {
        var pid: pid_t = 0
        let code = spawn(["setpriv", "--pdeathsig", "KILL", "--"] + words, environment: environment, log: log.path(), pid: &pid)
        guard code == 0 else { return started.resume(throwing: LaunchFailure(program: words[0], code: code)) }
        let child = ChildProcess(pid: pid)
        started.resume(returning: child)
        // Waits without reaping first: until `end` is set the id can't be given to another process, so that `kill` never hits a stranger.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
        child.end.withLock { end in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            end = status
        }
    }

    private static func spawn(_ words: [String], environment: [String: String], log: String, pid: inout pid_t) -> Int32 {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for descriptor in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        return posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &variables)
    }

    /// True once it has ended of itself, with exit code 0.
    var hasSucceeded: Bool { end.withLock { $0 == 0 } }

    /// Asks it to end, and returns when it has, or doesn't in time.
    func terminate(within limit: Duration) async {
        end.withLock { end in
            if end == nil { _ = kill(pid, SIGTERM) }
        }
        let deadline = ContinuousClock.now + limit
        while !hasEnded, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
    }

    /// Kills the whole group and returns when the child has been reaped.
    func stop() async {
        end.withLock { end in
            if end == nil { _ = kill(-pid, SIGKILL) }
        }
        await waitForEnd()
    }

    func waitForEnd() async {
        while !hasEnded { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
