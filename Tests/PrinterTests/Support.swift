import Bench
import DeviceLink
import Foundation
import KioskModel
import Printer
import Synchronization
import Testing

/// A PDF of empty A4 pages.
func pdf(pages: Int = 1) throws -> MemoryFile {
    try .copying(SyntheticPDF.pages(pages))
}

/// What happened to a command that runs on a thread of its own, as it does in a host.
final class RunningPrint: Sendable {
    let context: CommandContext
    /// To be used once the command has ended.
    let driver: Driver
    private let progress: Progress
    private let outcome: Task<DeviceResult, any Error>

    private final class Progress: Sendable { let seen = Mutex<[PrinterProgress]>([]) }

    init(
        options: [String: String], document: MemoryFile, copies: Int = 1, sides: PrintRequest.Sides = .one,
        colour: PrintRequest.Colour = .automatic, limit: Duration = .seconds(60)
    ) throws {
        let driver = try Driver(options: options)
        let request = PrintRequest(title: "CK-000001", copies: copies, sides: sides, colour: colour)
        let progress = Progress()
        let context = CommandContext(deadline: .now + limit) { value, _ in
            if case .printing(let printing) = value { progress.seen.withLock { $0.append(printing) } }
        }
        self.progress = progress
        self.context = context
        self.driver = driver
        outcome = Task {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try driver.print(document, request, context: context).result })
                }
            }
        }
    }

    var seen: [PrinterProgress] { progress.seen.withLock { $0 } }
    var result: DeviceResult { get async throws { try await outcome.value } }
    var fault: DeviceFault? {
        get async {
            guard case .failure(let error) = await outcome.result else { return nil }
            return error as? DeviceFault
        }
    }
    var wasCancelled: Bool {
        get async {
            guard case .failure(let error) = await outcome.result else { return false }
            return error is CancellationError
        }
    }
}

/// A driver that is used by one thread at a time, as in a host.
struct Driver: @unchecked Sendable {
    let driver: PrinterDriver

    init(options: [String: String]) throws { driver = try PrinterDriver(options: options) }

    func print(_ document: MemoryFile, _ request: PrintRequest, context: CommandContext) throws -> DeviceReply {
        try driver.perform(.print(request), files: [document], context: context)
    }
}

extension RunningPrint {
    /// On a printer without a print server; an obstacle is given a second.
    convenience init(uri: String, document: MemoryFile, copies: Int = 1, patience: Int = 1, limit: Duration = .seconds(60)) throws {
        try self.init(options: ["uri": uri, "patience": "\(patience)"], document: document, copies: copies, limit: limit)
    }
}

/// Prints and waits for the end.
func printed(by printer: IPPPrinterSimulator, _ document: MemoryFile, copies: Int = 1) async throws -> DeviceResult {
    try await RunningPrint(uri: printer.uri, document: document, copies: copies).result
}

/// Waits for a condition that a real process brings about.
func eventually(within limit: Duration = .seconds(20), _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        try #require(ContinuousClock.now < deadline, "it never came about")
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Runs `body` beside a printer that is switched off afterwards.
func withPrinter(
    sheetDuration: Duration = .milliseconds(50), model: IPPPrinterSimulator.Model = .init(), _ body: (IPPPrinterSimulator) async throws -> Void
) async throws {
    let simulator = try IPPPrinterSimulator(sheetDuration: sheetDuration, model: model)
    try await simulator.start()
    do {
        try await body(simulator)
    } catch {
        await simulator.stop()
        throw error
    }
    await simulator.stop()
}

/// The same behind a private print server; `options` are the driver's, `backend` those of the server's.
func withQueue(
    sheetDuration: Duration = .milliseconds(50), model: IPPPrinterSimulator.Model = .init(), backend: String = "",
    _ body: (_ options: [String: String], IPPPrinterSimulator, PrintServer) async throws -> Void
) async throws {
    try await withPrinter(sheetDuration: sheetDuration, model: model) { printer in
        let server = try PrintServer(printerURI: printer.uri, backendOptions: backend)
        try await server.start()
        do {
            let options = ["queue": PrintServer.queue, "server": server.socket.path(), "patience": "3"]
            // cupsd learns what the printer can do in its own time.
            let driver = try PrinterDriver(options: options)
            try await eventually { driver.poll().identity["model"]?.contains("IPP Everywhere") == true }
            try await body(options, printer, server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

/// Command lines of running processes that contain `text`.
func processes(naming text: String) -> [String] {
    let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
    return ids.compactMap { id in
        guard let data = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return nil }
        let line = String(decoding: data, as: UTF8.self)
        return line.contains(text) ? line : nil
    }
}
