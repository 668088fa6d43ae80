public import BadNetwork
import AsyncHTTPClient
public import Foundation
import KioskModel
public import LocalAPI
import NIOCore
import NIOHTTP1

/// A whole kiosk with its city on one machine: simulated hardware, the platform, the cable between them, and kioskd with its hosts.
///
/// Every process is the real one; what is virtual lies behind a pty, a socket, a scanner's and a printer's network protocol, and a TCP proxy.
public actor VirtualKiosk {
    /// Enrolment name of the one kiosk.
    public static let name = "k0001"

    public nonisolated let layout: BenchLayout
    public nonisolated let log: ProcessLog
    /// Filled when the kiosk runs traced.
    public nonisolated let ledger: WriteLedger?
    public nonisolated let hardware: VirtualHardware
    public nonisolated let local: LocalClient
    public private(set) var paperLoaded = true
    /// Citizen whose card was laid last and not lifted.
    public internal(set) var laid: String?
    /// `ready`, `jam`, `coverOpen`
    public internal(set) var scannerCondition = "ready"
    /// What the power supply hangs on.
    public internal(set) var power = BenchAction.PowerSupply.Power.mains
    /// Citizen whose social-security card is in its reader.
    public internal(set) var insertedCard: String?

    /// MiB
    private let reserve: Int
    private var parts: Parts?
    private var traces: [TraceChannel] = []
    private var tracer: BenchProcess?

    /// What exists once the start has come that far.
    struct Parts {
        var network: NetworkProxy
        var city: VirtualPlatform
        var kioskd: SupervisedProcess
    }

    public struct NotRunning: Error, CustomStringConvertible {
        public var description: String { "the bench isn't running" }
    }

    /// - Parameters:
    ///   - root: where everything is kept; made when missing
    ///   - traced: whether kioskd and all it starts run under strace, for the residue search
    ///   - reserve: MiB of this machine's disk that the kiosk's queue leaves free
    public init(root: URL, log: ProcessLog, traced: Bool, reserve: Int = 0) throws {
        layout = try BenchLayout(root: root)
        self.reserve = reserve
        self.log = log
        ledger = traced ? WriteLedger() : nil
        hardware = try VirtualHardware(directory: root.appending(path: "printer"), decoder: layout.executable("test-photo-decoder"))
        local = LocalClient(socketPath: layout.controlSocket.path, deadline: .seconds(5))
    }

    public nonisolated var reader: SDTReaderSimulator { hardware.reader }
    public nonisolated var scanner: ESCLScannerSimulator { hardware.scanner }
    public nonisolated var printer: IPPPrinterSimulator { hardware.printer }
    /// The document camera.
    public nonisolated var camera: CameraSimulator { hardware.documentCamera }
    public var network: NetworkProxy { get throws { try running.network } }
    public var platform: SupervisedProcess { get throws { try running.city.process } }
    public var kioskd: SupervisedProcess { get throws { try running.kioskd } }
    public var officer: PlatformOperator { get throws { try running.city.officer } }

    private var running: Parts {
        get throws {
            guard let parts else { throw NotRunning() }
            return parts
        }
    }

    /// Returns when the touchscreen can be opened. What was started before a failure is stopped by `stop()`.
    ///
    /// - Parameter origin: `http://127.0.0.1:port` of the page that may frame the touchscreen
    public func start(framedBy origin: String? = nil) async throws {
        try layout.makeDirectories()
        try await hardware.start()
        for missing in hardware.missing { log.note("\(missing)") }
        if ledger != nil { try await tracePrinter() }

        let city = try await VirtualPlatform(layout: layout, log: log)
        try await city.enrol(Self.name, credential: layout.credential)
        let network = NetworkProxy(target: city.port)
        let kioskd = SupervisedProcess("kioskd", log: log) { [self] in try await kioskCommand() }
        parts = Parts(network: network, city: city, kioskd: kioskd)

        try await city.start()
        try await network.start()
        let webPort = try FreePort.pick()
        try writeConfiguration(framedBy: origin, port: network.port, webPort: webPort)
        try await kioskd.start()
        try await waitForKiosk()
    }

    /// Stops everything in order, the kiosk first, and removes nothing.
    public func stop() async {
        if let parts {
            await parts.kioskd.stop()
            await parts.network.stop()
            await parts.city.stop()
        }
        parts = nil
        await hardware.stop()
        _ = await tracer?.wait()
        tracer = nil
    }

    /// After `stop()`: whether every trace was read to its end.
    public func tracesDrained() async -> Bool {
        var complete = true
        for trace in traces where await !trace.drained() { complete = false }
        return complete
    }

    public func waitForPlatform() async throws {
        try await running.city.waitUntilHealthy()
    }

    /// Returns when kioskd answers and every device is ready.
    public func waitForKiosk() async throws {
        let local = local
        _ = try await Poll.until("kioskd and its devices to be ready", deadline: .seconds(60)) {
            let waiting = try await local.devices().filter { $0.state != .ready && $0.state != .needsCitizen }
            return waiting.isEmpty ? .there(true) : .notYet(waiting.map { "\($0.name) is \($0.state.rawValue)" }.joined(separator: ", "))
        }
    }

    public func setPaper(_ present: Bool) async throws {
        try await printer.setPaper(present)
        paperLoaded = present
    }

    /// An address that opens the touchscreen once.
    public func startAddress() async throws -> String {
        guard let url = URL(httpURLWithSocketPath: layout.controlSocket.path, uri: "/v1/start-url") else { throw NotRunning() }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .POST
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
        let body = Data(try await response.body.collect(upTo: 64 << 10).readableBytesView)
        guard response.status == .ok, let address = try JSONDecoder().decode([String: String].self, from: body)["url"] else { throw NotRunning() }
        return address
    }

    // MARK: Parts

    /// The printer's spool is searched too: the tracer is attached to the running printer and ends with it.
    private func tracePrinter() async throws {
        guard let ledger,
            let pid = BenchProcess.children(named: "ippeveprinter").first(where: { $0.arguments.contains(printer.spoolDirectory.path()) })?.pid
        else { throw NotRunning() }
        let trace = try TraceChannel(path: layout.root.appending(path: "trace-printer").path, ledger: ledger)
        traces.append(trace)
        tracer = try await BenchProcess.start(trace.attach(to: pid, environment: layout.environment)) { [log] in log.append($0, from: "strace") }
        _ = try await Poll.until("strace to hold the printer") {
            BenchProcess.isTraced(pid) ? .there(true) : .notYet("not attached")
        }
    }

    private func kioskCommand() throws -> BenchProcess.Command {
        let command = BenchProcess.Command(
            layout.executable("kioskd"), ["--config", layout.kioskConfiguration.path], environment: layout.environment)
        guard let ledger else { return command }
        let trace = try TraceChannel(path: layout.root.appending(path: "trace-\(traces.count)").path, ledger: ledger)
        traces.append(trace)
        return trace.wrap(command)
    }

    private func writeConfiguration(framedBy origin: String?, port: Int, webPort: Int) throws {
        let kiosk = layout.kiosk
        try KioskConfigurationFile(
            kiosk: Self.name, dataDirectory: layout.kioskData.path, runtimeDirectory: layout.runtime.path,
            web: .init(
                directory: kiosk.appending(path: "web").path, strings: kiosk.appending(path: "strings").path, port: webPort, frameAncestor: origin),
            catalogue: kiosk.appending(path: "catalogue").path,
            platform: .init(credential: layout.credential.path, url: "http://127.0.0.1:\(port)"),
            deviceHost: layout.executable("kiosk-device"),
            devices: hardware.devices,
            documentCamera: VirtualHardware.documentCameraName, queue: .init(reserve: reserve)
        ).write(to: layout.kioskConfiguration)
    }
}
