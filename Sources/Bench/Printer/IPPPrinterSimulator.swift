public import Foundation
internal import Glibc

/// A printer at the lowest boundary that needs no kernel device: CUPS's own `ippeveprinter`, a whole IPP Everywhere printer, on loopback.
///
/// It insists on D-Bus, hence a private bus runs beside it. What it has printed is a PDF in `printedDocuments()`. Its print command
/// (`PrintCommand`) puts out one sheet after the other from a tray that can run out at any of them.
public actor IPPPrinterSimulator {
    /// Stays the same over `stop()` and `start()`: a printer that was switched off and on.
    public nonisolated let uri: String
    /// Where the printer keeps documents that wait or print. The printer's own disk, so to speak, and not the kiosk's.
    public nonisolated let spoolDirectory: URL
    private let directory: URL
    private let ownsDirectory: Bool
    private let model: Model
    /// behind the gate
    private let port: Int
    private let gate: IPPGate
    private let command: PrintCommand
    private var troubles: Set<Trouble> = []
    private var bus: ChildProcess?
    private var printer: ChildProcess?

    /// What kind of printer it is.
    public struct Model: Sendable {
        public var isTwoSided: Bool
        public var isColour: Bool
        /// The attributes of a real printer, as `ipptool` has recorded them in ippserver's language; then the two above don't count.
        public var attributes: URL?

        public init(isTwoSided: Bool = false, isColour: Bool = false, attributes: URL? = nil) {
            self.isTwoSided = isTwoSided
            self.isColour = isColour
            self.attributes = attributes
        }

        fileprivate var words: [String] {
            if let attributes { return ["-a", attributes.path()] }
            return (isTwoSided ? ["-2"] : []) + (isColour ? ["-s", "10,10"] : [])
        }
    }

    /// What may be the matter with it beside paper. The low ones let it print on.
    public enum Trouble: String, Sendable, CaseIterable {
        case jam = "media-jam"
        case door = "cover-open"
        case tonerEmpty = "toner-empty"
        case tonerLow = "toner-low"
        case paperLow = "media-low"
    }

    /// Where in the protocol the plug can be pulled.
    public typealias Step = IPPGate.Step

    public enum Failure: Error, Equatable {
        /// `what` didn't come up within ten seconds, or ended at once; its log has these last lines.
        case didNotStart(what: String, log: String)
        /// The printer's web page for its trays didn't answer as it should; the status line of its answer.
        case webPage(String)
        /// The mechanism didn't tell its troubles within ten seconds.
        case silentMechanism
        /// No job is at the mechanism, or the printer didn't take the cancelling of it.
        case notCancelled
    }

    /// - Parameters:
    ///   - directory: for spool, tray, printed documents and logs. By default a new one in the temporary directory, which is removed with the
    ///     simulator and not by `stop()`.
    ///   - sheetDuration: how long the mechanism takes for one sheet.
    public init(directory: URL? = nil, sheetDuration: Duration = .milliseconds(50), model: Model = Model()) throws {
        let place = directory ?? FileManager.default.temporaryDirectory.appending(path: "printer-\(UUID().uuidString.prefix(8))")
        self.directory = place
        ownsDirectory = directory == nil
        spoolDirectory = place.appending(path: "spool", directoryHint: .isDirectory)
        self.model = model
        port = try FreePort.pick()
        command = PrintCommand(directory: place, sheetDuration: sheetDuration, uri: "ipp://127.0.0.1:\(port)/ipp/print")
        gate = try IPPGate(port: FreePort.pick(), printer: port)
        uri = "ipp://127.0.0.1:\(gate.port)/ipp/print"
        try FileManager.default.createDirectory(at: spoolDirectory, withIntermediateDirectories: true)
        try command.install()
    }

    deinit {
        if ownsDirectory { try? FileManager.default.removeItem(at: directory) }
    }

    /// Returns when the printer answers. The tray is as it was before `stop()`, full at first.
    public func start() async throws {
        guard printer == nil else { return }
        let socket = directory.appending(path: "bus")
        let address = "unix:path=\(socket.path())"
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        // ippeveprinter hands its environment to the print command and gives up above 400 variables.
        let environment = ["PATH": path + ":/usr/sbin", "HOME": directory.path(), "LANG": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": address]
        try? FileManager.default.removeItem(at: socket)
        do {
            bus = try await launch(["dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=\(address)"], environment: environment) {
                Self.connects(toSocket: socket.path())
            }
            let words =
                [
                    "ippeveprinter", "-v", "-r", "off", "-n", "localhost", "-p", "\(port)", "-f", "application/pdf", "-d", spoolDirectory.path(),
                    "-K", directory.path(), "-c", command.script.path(),
                ] + model.words + ["Kiosk Bench"]
            let port = self.port
            printer = try await launch(words, environment: environment) { Self.connects(toPort: port) }
            try await setTrayLevel(empty: command.sheets == 0)
            if !troubles.isEmpty { try await tellTroubles() }
            try gate.open()
        } catch {
            await stop()
            throw error
        }
    }

    /// Pulls the plug: printer, bus and a running print command are gone when this returns. What was printed stays.
    public func stop() async {
        gate.cut()
        await printer?.stop()
        await bus?.stop()
        printer = nil
        bus = nil
        command.forget()
    }

    /// Ends it for good; a directory of its own is gone too. A program that ends at once can't leave that to `deinit`.
    public func remove() async {
        await stop()
        if ownsDirectory { try? FileManager.default.removeItem(at: directory) }
    }

    public nonisolated var isPlugged: Bool { gate.isOpen }

    /// Pulls the plug when the protocol gets to that step. The connections are gone at once, the printer and its memory a little later.
    public func stop(at step: Step) {
        gate.cut(at: step) { [weak self] in
            Task { await self?.stop() }
        }
    }

    /// Pulls the network cable, or puts it back: the printer goes on printing, but neither hears nor answers.
    public nonisolated func setOffline(_ isOffline: Bool) {
        gate.setMute(isOffline)
    }

    /// Says in each answer that the connection won't be kept, as some printers do.
    public nonisolated func setKeepsNone(_ keepsNone: Bool) {
        gate.setKeepsNone(keepsNone)
    }

    /// Connections taken since the start.
    public nonisolated var connections: Int { gate.accepted }

    /// When the last connection was taken.
    public nonisolated var lastConnection: ContinuousClock.Instant? { gate.lastConnection }

    /// A job is at the mechanism.
    public nonisolated var isPrinting: Bool { command.isAtWork }

    /// Cancels the job at the mechanism, as somebody does at the printer's own panel.
    public func cancelAtPanel() async throws {
        guard let job = command.jobAtWork else { throw Failure.notCancelled }
        guard try await runTool(["-d", "job=\(job)", command.uri, command.panelRequest.path()]) else { throw Failure.notCancelled }
    }

    /// Has the mechanism give up the job at work, or else the next one: the printer calls it aborted.
    public nonisolated func breakDown() throws {
        try command.breakDown()
    }

    /// Has the next answer to Create-Job lack the job's number; the job is made all the same.
    public nonisolated func garbleNextCreation() {
        gate.garbleNextCreation()
    }

    /// A job stands still, for paper or for a trouble. The low ones don't stop it.
    public nonisolated var standsStill: Bool { command.standsStill }

    /// Puts something wrong or mends it. Returns when the printer says so, with or without a job.
    public func set(_ trouble: Trouble, _ isThere: Bool) async throws {
        if isThere { troubles.insert(trouble) } else { troubles.remove(trouble) }
        if printer != nil { try await tellTroubles() }
    }

    private func tellTroubles() async throws {
        try command.setTroubles(troubles.map(\.rawValue).sorted())
        let deadline = ContinuousClock.now + .seconds(10)
        while !command.hasToldTroubles {
            guard ContinuousClock.now < deadline else { throw Failure.silentMechanism }
            if !command.isAtWork { try await inspect() }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// ippeveprinter hears of its mechanism only from a job.
    private func inspect() async throws {
        _ = try await runTool(["-f", command.inspection.path(), command.uri, command.inspectionRequest.path()])
    }

    /// Whether `ipptool` with these words got what it expects.
    private func runTool(_ words: [String]) async throws -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let child = try await ChildProcess.launch(
            ["ipptool", "-q"] + words, environment: ["PATH": path, "HOME": directory.path()], log: directory.appending(path: "ipptool.log"))
        await child.waitForEnd()
        return child.hasSucceeded
    }

    /// Fills the tray, or takes all paper out of it. A job that waits for paper goes on.
    public func setPaper(_ present: Bool) async throws {
        try await load(sheets: present ? PrintCommand.fullTray : 0)
    }

    /// Puts exactly so many sheets into the tray: the printer reports `media-empty` once they are used up, in the middle of a job if need be.
    public func load(sheets: Int) async throws {
        try command.setSheets(sheets)
        if printer != nil { try await setTrayLevel(empty: sheets == 0) }
    }

    /// PDFs of the jobs that were printed to the end, in their order.
    public nonisolated func printedDocuments() -> [URL] {
        command.printedDocuments()
    }

    private func launch(
        _ words: [String], environment: [String: String], until isReady: @Sendable () -> Bool
    ) async throws -> ChildProcess {
        let log = directory.appending(path: "\(words[0]).log")
        let child = try await ChildProcess.launch(words, environment: environment, log: log)
        let deadline = ContinuousClock.now + .seconds(10)
        while !isReady() {
            guard !child.hasEnded, ContinuousClock.now < deadline else {
                await child.stop()
                let lines = (try? String(contentsOf: log, encoding: .utf8))?.suffix(500) ?? ""
                throw Failure.didNotStart(what: words[0], log: String(lines))
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        return child
    }

    /// The printer's own web form for its trays; the second of them, for other paper, stays without medium but counts all the same.
    private func setTrayLevel(empty: Bool) async throws {
        let other = model.isColour ? 2 : 3
        let form = "size1=iso_a4_210x297mm&type1=stationery&level1=\(empty ? 0 : 250)&size\(other)=&type\(other)=&level\(other)=\(empty ? 0 : 25)"
        let answer = Self.get("/media?\(form)", port: port)
        guard answer.hasPrefix("HTTP/1.1 200") else { throw Failure.webPage(String(answer.prefix { $0 != "\r\n" })) }
    }
}

extension IPPPrinterSimulator {
    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return address
    }

    private static func with<Address, Result>(
        _ address: inout Address, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }

    private static func connects(toPort port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: port)
        return with(&address) { connect(descriptor, $0, $1) } == 0
    }

    /// The whole answer to a GET, or what came of it within five seconds of silence.
    private static func get(_ path: String, port: Int) -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var silence = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence, socklen_t(MemoryLayout<timeval>.size))
        var address = loopback(port: port)
        guard with(&address, { connect(descriptor, $0, $1) }) == 0 else { return "" }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return "" }
        // ippeveprinter keeps the connection open whatever it is asked; the end of ours makes it close.
        shutdown(descriptor, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += block[..<count]
        }
    }

    private static func connects(toSocket path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return with(&address) { connect(descriptor, $0, $1) } == 0
    }
}
