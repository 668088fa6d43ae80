import Foundation
import Testing

/// tuspyserver, which is not of our making, as a process that a test may kill and start again on the same port and directory.
final class IndependentServer {
    static let token = "kiosk-1.secret"
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private let directory = FileManager.default.temporaryDirectory.appending(path: "tus-\(UUID())")
    private var process: Process?
    private var port = 0

    init() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try start()
    }

    /// What the client takes for the platform's address.
    var base: String { "http://127.0.0.1:\(port)/elsewhere" }

    func start() throws {
        let python = Self.root.appending(path: ".venv/bin/python3")
        try #require(FileManager.default.isExecutableFile(atPath: python.path), "scripts/venv makes \(python.path)")
        let process = Process()
        let output = Pipe()
        process.executableURL = python
        process.arguments = [Self.root.appending(path: "Tests/Independent/tus_server.py").path, directory.path, String(port)]
        process.environment = ProcessInfo.processInfo.environment.merging(["KIOSK_TOKEN": Self.token]) { $1 }
        process.standardOutput = output
        try process.run()
        self.process = process
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .newlines)
        port = try #require(Int(line), "the server did not start")
    }

    func kill() {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// What it has of each upload, by its own name for it.
    func uploads() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.utf8.count == 32 }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: directory.appending(path: $0))) })
    }

    /// The requests so far, each as `PATCH 204`.
    func requests() throws -> [String] {
        let log = String(decoding: try Data(contentsOf: URL(fileURLWithPath: directory.path + ".log")), as: UTF8.self)
        return log.matches(of: /"([A-Z]+) [^"]*" ([0-9]{3})/).map { "\($0.1) \($0.2)" }
    }

    deinit {
        if let process, process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: directory)
        try? FileManager.default.removeItem(atPath: directory.path + ".log")
    }
}
