/// Exit codes of a device host, after sysexits.h. kioskd names the watchdog's in its device report.
public enum HostExitCode {
    /// kioskd closed the link.
    public static let linkClosed: Int32 = 0
    /// The command line is wrong.
    public static let usage: Int32 = 64
    /// The driver lost memory: only builds with the address sanitizer look.
    public static let leak: Int32 = 23
    /// kioskd's socket can't be reached.
    public static let unreachable: Int32 = 69
    /// The system refused a thread or the process's confinement.
    public static let system: Int32 = 71
    /// The watchdog ended the process: a command overran its deadline, or a poll its ten seconds.
    public static let watchdog: Int32 = 75
    /// kioskd broke the link's protocol.
    public static let `protocol`: Int32 = 76
}
