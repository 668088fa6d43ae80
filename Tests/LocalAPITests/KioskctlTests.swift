import Foundation
import LocalAPI
import Testing

/// The built kioskctl against a real server on a Unix socket; docs/cli.md promises every byte of the JSON.
@Suite struct KioskctlTests {
    struct Run {
        var output: String
        var error: String
        var status: Int32
    }

    static func kioskctl(_ arguments: [String], environment: [String: String] = [:]) async throws -> Run {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("kioskctl")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin", "COLUMNS": "80"].merging(environment) { $1 }
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        let (ended, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        // Far less than a pipe holds.
        return Run(
            output: String(decoding: output.fileHandleForReading.availableData, as: UTF8.self),
            error: String(decoding: error.fileHandleForReading.availableData, as: UTF8.self), status: process.terminationStatus)
    }

    static let cases: [(name: String, verb: [String], status: Int32)] = [
        ("status", ["status"], 1),
        ("device-list", ["device", "list"], 1),
        ("device-show", ["device", "show", "printer"], 1),
        ("device-show-ready", ["device", "show", "身份证阅读器"], 0),
        ("queue-list", ["queue", "list"], 1),
        ("queue-list-waiting", ["queue", "list", "--state", "waiting"], 0),
        ("queue-list-delivered", ["queue", "list", "--state", "delivered"], 0),
        ("queue-show", ["queue", "show", Samples.material.uuidString], 1),
        ("session-show", ["session", "show"], 0),
    ]

    @Test(arguments: cases.map(\.name), ["table", "json"])
    func theOutputIsAsPromised(name: String, format: String) async throws {
        let verb = try #require(Self.cases.first { $0.name == name })
        try await withSampleServer { socket in
            let run = try await Self.kioskctl(verb.verb + ["--format", format, "--socket", socket])
            #expect(run.error == "")
            #expect(run.status == verb.status)
            let file = "\(name).\(format == "json" ? "json" : "txt")"
            let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(file)")
            let golden = try String(contentsOf: url, encoding: .utf8)
            #expect(run.output == golden)
        }
    }

    @Test func theExamplesInTheManualAreTheGoldenOnes() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let manual = try String(contentsOf: root.appendingPathComponent("../../docs/cli.md"), encoding: .utf8)
        for name in ["status", "device-list", "device-show", "queue-list", "queue-show", "session-show"] {
            let json = try String(contentsOf: root.appendingPathComponent("Golden/\(name).json"), encoding: .utf8)
            #expect(manual.contains("```json\n\(json)```"), "docs/cli.md lacks the JSON of \(name)")
        }
        for code in [0, 1, 4, 64, 69, 70, 75, 76, 77] { #expect(manual.contains("| \(code) |"), "docs/cli.md lacks exit code \(code)") }
    }

    @Test func aDeviceCannotWriteOnTheTerminal() async throws {
        try await withSampleServer(devices: [Samples.hostile]) { socket in
            let run = try await Self.kioskctl(["device", "list"], environment: ["KIOSK_SOCKET": socket])
            #expect(run.status == 0)
            #expect(run.output.contains("scan\u{FFFD}[2Jner"))
            #expect(!run.output.contains("\u{1B}"))
        }
    }

    @Test func theExitCodeTellsWhatWentWrong() async throws {
        try await withSampleServer { socket in
            let unknown = try await Self.kioskctl(["device", "show", "none", "--socket", socket])
            #expect(unknown.status == 4 && unknown.output == "" && unknown.error == "kioskctl: no device has this name (device.unknown)\n")
            let missing = try await Self.kioskctl(["queue", "show", UUID().uuidString, "--socket", socket])
            #expect(missing.status == 4)
            let usage = try await Self.kioskctl(["queue", "show", "seven", "--socket", socket])
            #expect(usage.status == 64 && usage.output == "")
            let state = try await Self.kioskctl(["queue", "list", "--state", "lost", "--socket", socket])
            #expect(state.status == 64)
        }
        let absent = try await Self.kioskctl(["status", "--socket", "/nowhere/control.sock"])
        #expect(absent.status == 69 && absent.error == "kioskctl: kioskd isn't running: nobody listens at /nowhere/control.sock\n")
        let help = try await Self.kioskctl(["--help"])
        #expect(help.status == 0 && help.output.contains("69  kioskd isn't running"))
    }
}
