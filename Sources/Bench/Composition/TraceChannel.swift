import Foundation
import Glibc
import Synchronization

/// Runs a process under strace and enters what it writes in a ledger. The trace goes through a named pipe and is never stored.
final class TraceChannel: Sendable {
    private let path: String
    private let ended = AsyncBox<Bool>()

    /// - Throws: when the pipe can't be made
    init(path: String, ledger: WriteLedger) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw BenchProcess.CannotStart(executable: path, errno: errno) }
        Self.read(path, into: ledger, ended: ended)
    }

    /// The same command under strace. `-D` leaves the process a direct child of ours: it is killed and waited for as without.
    func wrap(_ command: BenchProcess.Command) -> BenchProcess.Command {
        BenchProcess.Command(
            Self.strace, ["-D", "--seccomp-bpf"] + options + [command.executable] + command.arguments, environment: command.environment)
    }

    /// A strace that follows a running process, and all that it starts, until it ends.
    func attach(to pid: pid_t, environment: [String: String]) -> BenchProcess.Command {
        BenchProcess.Command(Self.strace, options + ["-p", "\(pid)"], environment: environment)
    }

    private static let strace = "/usr/bin/strace"

    private var options: [String] {
        [
            "-f", "-qq", "-v", "-y", "-xx", "-s", "67108864", "-e", "signal=none",
            "-e", "trace=" + TraceEvent.systemCalls.joined(separator: ","), "-o", path,
        ]
    }

    /// Returns once every traced process has ended and the trace has been read to its end; false when that didn't come about in time.
    func drained(deadline: Duration = .seconds(20)) async -> Bool {
        let timer = Task { [ended] in
            try await Task.sleep(for: deadline)
            ended.set(false)
        }
        defer { timer.cancel() }
        return await ended.value()
    }

    private static func read(_ path: String, into ledger: WriteLedger, ended: AsyncBox<Bool>) {
        startThread(named: "trace") {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                ended.set(false)
                return
            }
            unlink(path)
            defer { close(descriptor) }
            var reader = TraceReader(ledger: ledger)
            withUnsafeTemporaryAllocation(byteCount: 1 << 20, alignment: 16) { buffer in
                while true {
                    let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                    if count > 0 { reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } else if count == 0 || errno != EINTR { break }
                }
            }
            reader.finish()
            ended.set(true)
        }
    }
}
