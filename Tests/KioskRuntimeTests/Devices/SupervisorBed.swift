import DeviceLink
import Foundation
import KioskModel
@testable import KioskRuntime
import LocalAPI
import Logging
import Synchronization
import Testing

/// A running supervisor with real host processes behind it.
struct SupervisorBed: Sendable {
    let supervisor: DeviceSupervisor
    let journal: Journal
    let directory: URL

    static let hosts = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "test-device-host")

    /// Heartbeats that a test can wait for.
    static var hurried: DeviceTiming {
        var timing = DeviceTiming()
        timing.heartbeat = .milliseconds(400)
        timing.answerGrace = .milliseconds(1500)
        timing.cancelGrace = .milliseconds(600)
        return timing
    }

    /// Runs `body` beside the supervisor, then stops it and waits for its end, with which every host has ended.
    @discardableResult
    static func run<Result: Sendable>(
        _ specs: [DeviceSpec], timing: DeviceTiming = hurried, launcher: (any Launcher)? = nil,
        records: (any DeviceRecords)? = nil, ports: (any PortResetter)? = nil,
        _ body: @Sendable (SupervisorBed) async throws -> Result
    ) async throws -> Result {
        let directory = URL(filePath: "/tmp/link-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let journal = Journal()
        let logger = Logger(label: "test") { _ in journal }
        let supervisor = DeviceSupervisor(
            specs: specs, launcher: launcher ?? SpawnLauncher(executable: hosts.path, logger: logger),
            socketPath: directory.appending(path: "devices").path, logger: logger, records: records,
            ports: ports, timing: timing)
        let running = Task { try await supervisor.run() }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(SupervisorBed(supervisor: supervisor, journal: journal, directory: directory)))
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        try await running.value
        #expect(await supervisor.reports.allSatisfy { $0.pid == nil }, "a host outlived the supervisor")
        return try outcome.get()
    }

    static func worker(_ options: [String: String] = [:]) -> DeviceSpec {
        DeviceSpec(name: "worker", deviceClass: .imaging, options: options)
    }

    static func scanner(_ options: [String: String] = [:]) -> DeviceSpec {
        DeviceSpec(name: "scanner", deviceClass: .scanner, options: options)
    }

    /// One scripted command of the worker.
    func obey(_ word: String, deadline: Duration = .seconds(20)) async -> DeviceOutcome {
        await supervisor.perform(.renderReceipt(ReceiptContent(title: word, lines: [], footer: "")), on: "worker", deadline: deadline)
    }

    /// Starts a scripted command and returns once the driver is at it.
    func begin(_ word: String, deadline: Duration = .seconds(20)) async -> Task<DeviceOutcome, Never> {
        let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
        let command = DeviceCommand.renderReceipt(ReceiptContent(title: word, lines: [], footer: ""))
        let task = Task {
            defer { continuation.finish() }
            return await supervisor.perform(command, on: "worker", deadline: deadline) { _, _ in continuation.yield() }
        }
        for await _ in begun { break }
        return task
    }

    /// Waits until a report fits; throws after 30 seconds.
    @discardableResult
    func report(where fits: @escaping @Sendable (DeviceReport) -> Bool) async throws -> DeviceReport {
        let changes = await supervisor.changes
        return try await withThrowingTaskGroup(of: DeviceReport?.self) { group in
            group.addTask {
                for await reports in changes { if let found = reports.first(where: fits) { return found } }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(30))
                return nil
            }
            defer { group.cancelAll() }
            guard let found = try await group.next() ?? nil else { throw NeverCame(reports: await supervisor.reports, journal: journal.lines) }
            return found
        }
    }

    func runningPID() async throws -> Int32 {
        try #require(try await report { $0.state == .ready && $0.pid != nil }.pid)
    }

    struct NeverCame: Error {
        let reports: [DeviceReport]
        let journal: [String]
    }
}

/// Keeps every log line as text.
final class Journal: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata?.description ?? "")") }
    }
}

extension Completion {
    var faultCode: String? {
        if case .fault(let fault) = self { fault.code } else { nil }
    }
}
