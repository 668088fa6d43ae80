public import BadNetwork
import AsyncHTTPClient
public import Foundation
import KioskModel
public import LocalAPI
import NIOCore
import NIOHTTP1

/// A whole kiosk with its city on one machine: simulated hardware, the platform, the cable between them, and kioskd with its hosts.
///
/// Every process is the real one; what is virtual lies behind a pty, a scanner's and a printer's network protocol, and a TCP proxy.
public actor VirtualKiosk {
    /// Enrolment name of the one kiosk.
    public static let name = "k0001"

    public nonisolated let layout: BenchLayout
    public nonisolated let log: ProcessLog
    /// Filled when the kiosk runs traced.
    public nonisolated let ledger: WriteLedger?
    public nonisolated let reader: SDTReaderSimulator
    public nonisolated let scanner = ESCLScannerSimulator()
    public nonisolated let printer: IPPPrinterSimulator
    /// The document camera.
    public nonisolated let camera: CameraSimulator
    public nonisolated let local: LocalClient
    public private(set) var paperLoaded = true
    /// Citizen whose card was laid last and not lifted.
    public internal(set) var laid: String?
    /// `ready`, `jam`, `coverOpen`
    public internal(set) var scannerCondition = "ready"

    /// `NAME@HOST:PORT` of a power supply; nil for a kiosk without.
    private let powerSupply: String?
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
    ///   - powerSupply: the address of one that the kiosk hangs on; nil for none
    public init(root: URL, log: ProcessLog, traced: Bool, powerSupply: String? = nil) throws {
        self.powerSupply = powerSupply
        layout = try BenchLayout(root: root)
        self.log = log
        ledger = traced ? WriteLedger() : nil
        reader = try SDTReaderSimulator()
        printer = try IPPPrinterSimulator(directory: root.appending(path: "printer"))
        camera = try CameraSimulator(
            modes: [.init(width: 1280, height: 720), .init(width: 2592, height: 1944)], rate: 15)
        camera.show(.sheet(SyntheticSheet(.form), turn: 3))
        camera.move(true)
        local = LocalClient(socketPath: layout.controlSocket.path, deadline: .seconds(5))
    }

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
        try await reader.start()
        try await scanner.start()
        try await printer.start()
        try camera.plug()
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
        await printer.stop()
        _ = await tracer?.wait()
        tracer = nil
        camera.stop()
        await scanner.stop()
        await reader.stop()
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
            devices: [
                .init(name: "reader", class: "idCardReader", options: ["port": reader.devicePath, "baud": "115200"]),
                .init(
                    name: "scanner", class: "scanner", options: ["device": scanner.saneDeviceName],
                    environment: ["SANE_CONFIG_DIR": scanner.saneConfigDirectory.path]),
                .init(name: "printer", class: "printer", options: ["uri": printer.uri]),
                .init(name: "imaging", class: "imaging"),
                .init(name: "camera", class: "camera", options: ["source": camera.socketPath]),
            ] + (powerSupply.map { [.init(name: "ups", class: "powerSupply", options: ["ups": $0])] } ?? []),
            documentCamera: "camera"
        ).write(to: layout.kioskConfiguration)
    }
}
