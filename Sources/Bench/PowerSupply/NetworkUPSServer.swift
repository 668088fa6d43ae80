internal import FoundationEssentials
internal import Glibc

/// Network UPS Tools themselves, on loopback and in a private directory: upsd, and dummy-ups in the place of a driver. What the UPS is like stands in a
/// file that dummy-ups reads every second.
public actor NetworkUPSServer {
    public enum Failure: Error {
        /// Neither /lib/nut nor /usr/lib/nut has it: nut-server is missing.
        case noProgram(String)
    }

    /// What the driver's option `ups` takes. Kept over ``stopServer()``.
    public nonisolated let address: String
    private nonisolated let directory: URL
    private let port: Int
    private var variables = [
        "ups.mfr": "Bench", "ups.model": "Virtual 1000", "ups.serial": "BENCH-1", "ups.firmware": "1.0", "ups.status": "OL", "battery.charge": "100",
        "battery.runtime": "1800",
    ]
    private var server: ChildProcess?
    private var driver: ChildProcess?

    /// Nothing runs yet.
    public init() throws {
        port = try FreePort.pick()
        address = "kiosk@127.0.0.1:\(port)"
        directory = FileManager.default.temporaryDirectory.appending(path: "kiosk-bench-ups-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory.appending(path: "state"), withIntermediateDirectories: true)
        // upsd refuses files that others may read.
        for folder in [directory, directory.appending(path: "state")] { chmod(folder.path, 0o700) }
        try write("nut.conf", "MODE=standalone")
        try write("upsd.conf", "LISTEN 127.0.0.1 \(port)\nMAXAGE 3\nSTATEPATH \(directory.path)/state")
        try write("upsd.users", "")
        try write("ups.conf", "[kiosk]\n  driver = dummy-ups\n  port = kiosk.dev\n  mode = dummy-loop\n  pollinterval = 1")
    }

    /// Whether the UPS has its cable.
    public var isPlugged: Bool { driver != nil }

    /// Sets variables, an empty value takes one away: `ups.status`, `battery.charge`.
    public func set(_ values: [String: String]) throws {
        for (name, value) in values { variables[name] = value.isEmpty ? nil : value }
        try writeVariables()
    }

    /// Starts the driver, and the server if it doesn't run.
    public func plug() async throws {
        try writeVariables()
        if driver == nil { driver = try await launch("dummy-ups", ["-F", "-u", Self.user, "-a", "kiosk"]) }
        try await startServer()
    }

    /// The driver no longer runs.
    public func unplug() async {
        await driver?.stop()
        driver = nil
    }

    /// The driver runs on and hears nothing any more, as with a pulled cable; ``thaw()`` ends that.
    public func freeze() { driver.map { _ = kill($0.pid, SIGSTOP) } }

    public func thaw() { driver.map { _ = kill($0.pid, SIGCONT) } }

    public func startServer() async throws {
        if server == nil { server = try await launch("upsd", ["-F", "-u", Self.user]) }
    }

    public func stopServer() async {
        await server?.stop()
        server = nil
    }

    /// Ends everything and removes the directory.
    public func remove() async {
        await unplug()
        await stopServer()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Who we are: both programs would become `nut` otherwise.
    private static var user: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root" }

    private func launch(_ program: String, _ words: [String]) async throws -> ChildProcess {
        guard
            let path = ["/lib/nut/\(program)", "/usr/lib/nut/\(program)", "/usr/sbin/\(program)"].first(where: { (path: String) in
                Glibc.access(path, X_OK) == 0
            })
        else {
            throw Failure.noProgram(program)
        }
        let places = ["NUT_CONFPATH": directory.path, "NUT_STATEPATH": "\(directory.path)/state", "NUT_ALTPIDPATH": "\(directory.path)/state"]
        return try await ChildProcess.launch(
            [path] + words, environment: places.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 },
            log: directory.appending(path: "\(program).log"))
    }

    private func writeVariables() throws {
        try write("kiosk.dev", variables.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n"))
    }

    /// In one stroke: the driver may be reading it.
    private nonisolated func write(_ name: String, _ text: String) throws {
        let place = directory.appending(path: name)
        try Data("\(text)\n".utf8).write(to: place, options: .atomic)
        chmod(place.path, 0o600)
    }
}
