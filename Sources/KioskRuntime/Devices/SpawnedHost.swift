internal import DeviceLink
internal import Glibc
internal import Synchronization

/// A child process, attended by the thread that started it.
final class SpawnedHost: LaunchedHost {
    var pid: Int32 { process.pid }
    private let process: ChildProcess
    private let state = Mutex(State())

    private struct State {
        var exit: HostExit?
        var waiters: [CheckedContinuation<HostExit, Never>] = []
    }

    /// Spawns. Throws ``LinkFailure`` with the errno.
    init(_ invocation: Invocation) throws(LinkFailure) {
        process = try ChildProcess(
            executable: invocation.executable, arguments: invocation.arguments, environment: invocation.environment)
    }

    func kill() {
        // Under the lock that reaps: the number can't have passed to another process.
        state.withLock { if $0.exit == nil { Glibc.kill(-pid, SIGKILL) } }
    }

    func waitForExit() async -> HostExit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> HostExit? in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// Milliseconds between two readings of what the host writes: one that writes without end is held up by its pipe, not kioskd by it.
    private static let rest: Int32 = 50

    /// Forwards what the host writes and waits for its end. Blocks the calling thread for the host's life.
    func attend(_ journal: HostJournal) {
        var journal = journal
        var open = true
        while true {
            var entries = [pollfd(fd: process.exitDescriptor, events: Int16(POLLIN), revents: 0)]
            if open { entries.append(pollfd(fd: process.output, events: Int16(POLLIN), revents: 0)) }
            guard poll(&entries, nfds_t(entries.count), -1) >= 0 else { continue }
            if entries[0].revents != 0 { break }
            open = forward(to: &journal)
            poll(&entries, 1, Self.rest)
        }
        // What it said last is what explains its end.
        if open { _ = forward(to: &journal) }
        journal.finish()
        let (exit, waiters) = state.withLock { state in
            // Whatever it started ends with it; its number stays taken until it is reaped.
            Glibc.kill(-pid, SIGKILL)
            let exit = reap()
            state.exit = exit
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    /// Reads what is there, within a bound; false at the end of the stream.
    private func forward(to journal: inout HostJournal) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            for _ in 0..<16 {
                let count = read(process.output, buffer.baseAddress, buffer.count)
                guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
                journal.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return true
        }
    }

    private func reap() -> HostExit {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
    }
}
