internal import Glibc
internal import LinkShim

/// A program started as leader of a process group of its own, with nothing inherited but a pipe for its output.
public final class ChildProcess: Sendable {
    public let pid: Int32
    /// Reads as ready once the process has ended (a pidfd).
    public let exitDescriptor: Int32
    /// What it writes to standard output and error; not blocking.
    public let output: Int32

    /// `arguments` start with the program's name; `environment` holds `NAME=value`.
    public init(executable: String, arguments: [String], environment: [String]) throws(LinkFailure) {
        var pid: Int32 = 0
        var output: Int32 = -1
        let argumentPointers = arguments.map { strdup($0) } + [nil]
        let environmentPointers = environment.map { strdup($0) } + [nil]
        defer { for text in argumentPointers + environmentPointers { free(text) } }
        let code = kiosk_process_spawn(executable, argumentPointers, environmentPointers, &pid, &output)
        guard code == 0 else { throw .system(call: "posix_spawn", code: -code) }
        let descriptor = kiosk_process_open(pid)
        guard descriptor >= 0 else {
            kill(-pid, SIGKILL)
            waitpid(pid, nil, 0)
            close(output)
            throw .system(call: "pidfd_open", code: -descriptor)
        }
        self.pid = pid
        self.exitDescriptor = descriptor
        self.output = output
    }

    deinit {
        close(exitDescriptor)
        close(output)
    }
}
