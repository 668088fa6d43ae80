import Bench
import DeviceLink
import Foundation
import KioskModel
import Printer
import Synchronization
import Testing

/// A PDF of empty A4 pages.
func pdf(pages: Int = 1) throws -> MemoryFile {
    var text = "%PDF-1.4\n"
    var offsets: [Int] = []
    let kids = (0..<pages).map { "\($0 + 3) 0 R" }.joined(separator: " ")
    let objects =
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [\(kids)] /Count \(pages) >>"]
        + Array(repeating: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>", count: pages)
    for (index, object) in objects.enumerated() {
        offsets.append(text.utf8.count)
        text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
    }
    let table = text.utf8.count
    text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for offset in offsets { text += String(repeating: "0", count: 10 - "\(offset)".count) + "\(offset) 00000 n \n" }
    text += "trailer\n<< /Root 1 0 R /Size \(objects.count + 1) >>\nstartxref\n\(table)\n%%EOF\n"
    return try .copying(Array(text.utf8))
}

/// What happened to a command that runs on a thread of its own, as it does in a host.
final class RunningPrint: Sendable {
    let context: CommandContext
    private let progress: Progress
    private let outcome: Task<DeviceResult, any Error>

    private final class Progress: Sendable { let seen = Mutex<[PrinterProgress]>([]) }

    init(uri: String, document: MemoryFile, copies: Int = 1, limit: Duration = .seconds(60)) throws {
        let driver = try Driver(uri: uri)
        let progress = Progress()
        let context = CommandContext(deadline: .now + limit) { value, _ in
            if case .printing(let printing) = value { progress.seen.withLock { $0.append(printing) } }
        }
        self.progress = progress
        self.context = context
        outcome = Task {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(with: Result { try driver.print(document, copies: copies, context: context).result })
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

    init(uri: String) throws { driver = try PrinterDriver(options: ["uri": uri]) }

    func print(_ document: MemoryFile, copies: Int = 1, context: CommandContext) throws -> DeviceReply {
        try driver.perform(.print(PrintRequest(title: "CK-000001", copies: copies)), files: [document], context: context)
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
func withPrinter(sheetDuration: Duration = .milliseconds(50), _ body: (IPPPrinterSimulator) async throws -> Void) async throws {
    let simulator = try IPPPrinterSimulator(sheetDuration: sheetDuration)
    try await simulator.start()
    do {
        try await body(simulator)
    } catch {
        await simulator.stop()
        throw error
    }
    await simulator.stop()
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
