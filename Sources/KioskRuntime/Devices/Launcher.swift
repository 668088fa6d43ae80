internal import DeviceLink

/// Starts device hosts: by spawning them (development), or through the service manager (field).
public protocol Launcher: Sendable {
    /// Starts the host of one device, which will connect to the socket. Throws when it can't be started.
    func launch(_ spec: DeviceSpec, socketPath: String) async throws -> any LaunchedHost
}

/// A started host.
public protocol LaunchedHost: Sendable {
    /// Process id, which the peer credentials of its connection must show.
    var pid: Int32 { get }

    /// Ends it and whatever it started, at once (SIGKILL). No effect once it has ended.
    func kill()

    /// Returns when the process has ended, however often it is called.
    func waitForExit() async -> HostExit
}

/// How a host ended.
public enum HostExit: Sendable, Hashable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    /// As device reports show it: `exit 1`, `signal 9`, `watchdog`.
    public var description: String {
        switch self {
        case .code(HostExitCode.watchdog): "watchdog"
        case .code(let code): "exit \(code)"
        case .signal(let number): "signal \(number)"
        }
    }
}
