internal import Glibc
internal import KioskModel
internal import LinkShim

/// The life of a device host: says hello to kioskd, carries out its commands one at a time, and ends itself rather than hang.
///
/// Three threads. The link thread (the caller's) reads commands, cancels and pings, and never touches the device. The driver thread owns the driver
/// and may block in it. The watchdog ends the process when the driver overruns, since a C call stuck in the kernel can't be cancelled. A fourth, for
/// what can be plugged in, hears of arrivals (``ArrivalWatch``).
public enum HostMain {
    /// Time a driver has, beyond a command's deadline or after the link closed, before the watchdog ends the process.
    public static let grace: Duration = .seconds(1)
    /// The longest ``DeviceDriver/poll()`` or making of a driver.
    public static let pollLimit: Duration = .seconds(10)
    /// Between two polls of an idle device.
    public static let pollInterval: Duration = .seconds(3)
    /// How long a message may wait for kioskd to take it in, and the least time between two ``DeviceProgress/fraction(_:)``.
    static let sendLimit: Duration = .seconds(5)
    static let fractionInterval: Duration = .milliseconds(100)

    /// A recording that nobody ends is ended by the host: whoever began it may be gone. A minute more than kioskctl takes.
    public static let recordingLimit: Duration = .seconds(3660)

    /// Runs until the link ends; ends the process with a ``HostExitCode``. `makeDriver` is called on the driver thread, and again at each poll
    /// and command until it succeeds: what it throws is the device's state until then.
    public static func run(
        _ hello: Hello, socketPath: String, options: [String: String] = [:], pollInterval: Duration = HostMain.pollInterval,
        recordingLimit: Duration = HostMain.recordingLimit,
        makeDriver: @escaping @Sendable (HostServices) throws -> any DeviceDriver
    ) -> Never {
        // A library that writes to a printer or scanner which hung up must get an error, not a signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            let confined = kiosk_process_confine()
            guard confined >= 0 else { throw LinkFailure.system(call: "prctl", code: -confined) }
            let link = HostLink(try LinkChannel.connect(to: socketPath), pollInterval: pollInterval)
            try link.channel.send(HostMessage.hello(hello), timeout: sendLimit)
            try BlockingThread.start("watchdog") { link.watch() }
            try BlockingThread.start("driver") {
                var worker = DriverWorker(link: link, options: options, recordingLimit: recordingLimit, makeDriver: makeDriver)
                worker.run()
                link.driverEnded()
            }
            if !hello.deviceClass.isWorker { try ArrivalWatch.start(for: link) }
            var code = link.serve()
            // The end below runs no exit handler, a leak checker's among them. Here the driver has let go of everything.
            if kiosk_leaks_found() != 0 { code = HostExitCode.leak }
            end(code, nil)
        } catch LinkFailure.system(let call, let code) where call != "connect" {
            end(HostExitCode.system, "\(call) failed with errno \(code)")
        } catch {
            end(HostExitCode.unreachable, "the socket \(socketPath) can't be reached: \(error)")
        }
    }

    /// Ends the process at once, without the exit handlers of libraries that another thread may be stuck in. `reason` goes to standard error.
    public static func end(_ code: Int32, _ reason: String?) -> Never {
        if let reason {
            let line = Array("kiosk-device: \(reason)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
        _exit(code)
    }
}
