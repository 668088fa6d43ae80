import Bench
import Foundation
import PlatformAPI
import Testing

/// A real platformd for a whole suite: each case enrols a kiosk of its own.
actor CityPlatform {
    @TaskLocal static var current: CityPlatform?

    nonisolated let officer: PlatformOperator
    nonisolated let port: Int
    private let root: URL
    private let process: BenchProcess
    private var enrolled = 0

    static var executables: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// Starts one; `stop` ends it and removes what it kept.
    init() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "network-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let data = root.appending(path: "platform").path
        let token = try await Self.run("operator-token", ["--data", data])
        let catalogue = URL(fileURLWithPath: #filePath).appending(path: "../../../../Kiosk/catalogue").standardizedFileURL.path
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        let process = try await BenchProcess.start(
            Self.command("serve", ["--data", data, "--catalogue", catalogue, "--port", "0", "--log-level", "critical"])
        ) { continuation.yield(String(decoding: $0, as: UTF8.self)) }
        var text = ""
        for await line in lines {
            text += line
            if text.hasSuffix("\n") { break }
        }
        let prefix = "platformd: listening on http://127.0.0.1:"
        port = try #require(text.hasPrefix(prefix) ? Int(text.dropFirst(prefix.count).trimmingCharacters(in: .newlines)) : nil, "\(text)")
        officer = PlatformOperator(port: port, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
        self.root = root
        self.process = process
    }

    func stop() async {
        await process.stop()
        try? FileManager.default.removeItem(at: root)
    }

    /// Makes a new kiosk known, that reaches the platform at that port, and gives it a directory.
    func enrol(port: Int) async throws -> (KioskCredential, directory: URL) {
        enrolled += 1
        let name = "net-\(enrolled)"
        let directory = root.appending(path: name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let file = directory.appending(path: "credential.json")
        _ = try await Self.run(
            "enrol",
            ["--data", root.appending(path: "platform").path, "--kiosk", name, "--url", "http://127.0.0.1:\(port)", "--out", file.path])
        return (try KioskCredential(contentsOf: file), directory)
    }

    private static func command(_ verb: String, _ arguments: [String]) -> BenchProcess.Command {
        .init(executables.appending(path: "platformd").path, [verb] + arguments, environment: ProcessInfo.processInfo.environment)
    }

    private static func run(_ verb: String, _ arguments: [String]) async throws -> String {
        let (pieces, continuation) = AsyncStream.makeStream(of: String.self)
        let child = try await BenchProcess.start(command(verb, arguments)) { continuation.yield(String(decoding: $0, as: UTF8.self)) }
        let end = await child.wait()
        continuation.finish()
        let output = await pieces.reduce("", +)
        try #require(end == .exit(0), "platformd \(verb): \(output)")
        return output
    }
}

/// Runs one platform around a suite.
struct CityPlatformTrait: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        let platform = try await CityPlatform()
        do {
            try await CityPlatform.$current.withValue(platform, operation: function)
        } catch {
            await platform.stop()
            throw error
        }
        await platform.stop()
    }
}

extension Trait where Self == CityPlatformTrait {
    static var cityPlatform: Self { Self() }
}
