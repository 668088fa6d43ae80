import Foundation
import KioskModel
import LocalAPI
import Testing

/// The built kioskctl against a real server on a Unix socket; docs/cli.md promises every byte of the JSON.
@Suite struct KioskctlTests {
    struct Run {
        var output: String
        var error: String
        var status: Int32
    }

    /// `input` is what it finds on its standard input, less than a pipe holds; nil for ours.
    static func kioskctl(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) async throws -> Run {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("kioskctl")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin", "COLUMNS": "80"].merging(environment) { $1 }
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        if let input {
            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
            process.standardInput = pipe
        }
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
        ("device-log", ["device", "log", "printer"], 0),
        ("queue-list", ["queue", "list"], 1),
        ("queue-list-waiting", ["queue", "list", "--state", "waiting"], 0),
        ("queue-list-delivered", ["queue", "list", "--state", "delivered"], 0),
        ("queue-show", ["queue", "show", Samples.material.uuidString], 1),
        ("queue-hold", ["queue", "hold", Samples.application.uuidString], 0),
        ("queue-stats", ["queue", "stats"], 1),
        ("queue-verify", ["queue", "verify"], 1),
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

    @Test func aResetPrintsTheDeviceAsItIsNow() async throws {
        try await withSampleServer { socket in
            let run = try await Self.kioskctl(["device", "reset", "身份证阅读器", "--socket", socket])
            #expect(run.status == 0 && run.error == "")
            #expect(run.output.contains("sam        05.01-20260101-1-1-1") || run.output.contains("05.01-20260101-1-1-1"))
            let refused = try await Self.kioskctl(["device", "reset", "printer", "--socket", socket])
            #expect(refused.status == 1 && refused.output == "")
            #expect(refused.error == "kioskctl: the device's host didn't answer (link.host-hung)\n")
        }
    }

    @Test func aRecordingIsWrittenForThisUserAloneAndOverwritesNothing() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("recording-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("reader.recording").path
        try await withSampleServer { socket in
            let verb = ["device", "record", "--seconds", "1", "--output", file, "--socket", socket]
            let run = try await Self.kioskctl(verb + ["身份证阅读器"])
            #expect(run.status == 0 && run.output == "")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "# a recording\n")
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)

            let again = try await Self.kioskctl(verb + ["身份证阅读器"])
            #expect(again.status == 64)
            #expect(again.error.contains("isn't overwritten"))
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "# a recording\n")

            try FileManager.default.removeItem(atPath: file)
            let refused = try await Self.kioskctl(verb + ["printer"])
            #expect(refused.status == 1)
            #expect(refused.error.contains("link.recording-refused"))
            #expect(!FileManager.default.fileExists(atPath: file), "a recording that was refused leaves nothing behind")
        }
    }

    @Test func aRecordingEndsAtAnInterrupt() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("recording-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("reader.recording").path
        try await withSampleServer { socket in
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("kioskctl")
            process.arguments = ["device", "record", "身份证阅读器", "--output", file, "--socket", socket]
            let error = Pipe()
            process.standardError = error
            let (ended, end) = AsyncStream<Void>.makeStream()
            process.terminationHandler = { _ in end.finish() }
            try process.run()
            // Said once the recording has begun.
            var said = Data()
            while !String(decoding: said, as: UTF8.self).contains("Ctrl-C") {
                let more = error.fileHandleForReading.availableData
                try #require(!more.isEmpty, "\(String(decoding: said, as: UTF8.self))")
                said += more
            }
            process.interrupt()
            for await _ in ended {}
            #expect(process.terminationStatus == 0)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "# a recording\n")
        }
    }

    @Test func theExamplesInTheManualAreTheGoldenOnes() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let manual = try String(contentsOf: root.appendingPathComponent("../../docs/cli.md"), encoding: .utf8)
        for name in ["status", "device-list", "device-show", "device-log", "queue-list", "queue-show", "queue-stats", "queue-verify", "session-show"]
        {
            let json = try String(contentsOf: root.appendingPathComponent("Golden/\(name).json"), encoding: .utf8)
            #expect(manual.contains("```json\n\(json)```"), "docs/cli.md lacks the JSON of \(name)")
        }
        for code in [0, 1, 3, 4, 64, 65, 69, 70, 75, 76, 77] { #expect(manual.contains("| \(code) |"), "docs/cli.md lacks exit code \(code)") }
    }

    static let remedies: [(state: DeviceState, action: RepairAction?, words: String)] = [
        (.offline, .reset, "off and on again"), (.absent, .replug, "plug it in again"), (.needsTechnician, .clear, "take out"),
        (.needsTechnician, .refill, "Refill"), (.offline, .configure, "configuration"), (.offline, .replace, "replace it"),
        (.offline, nil, "off and on again"),
    ]

    /// Whatever keeps a device from serving, the last line says what to do.
    @Test(arguments: remedies)
    func everyBadStateSaysWhatMendsIt(state: DeviceState, action: RepairAction?, words: String) async throws {
        let fault = action.map { DeviceFault(code: "test.fault", action: $0, detail: "detail") }
        try await withSampleServer(devices: [DeviceReport(name: "device", deviceClass: .scanner, state: state, fault: fault)]) { socket in
            for verb in [["device", "list"], ["device", "show", "device"]] {
                let run = try await Self.kioskctl(verb + ["--socket", socket])
                let last = run.output.split(separator: "\n").last ?? ""
                #expect(last.hasPrefix("device: ") && last.contains(words), "\(run.output)")
            }
        }
    }

    @Test func aTicketOfADeviceThatCallsItselfWellSaysWhatClosesIt() async throws {
        var report = DeviceReport(name: "device", deviceClass: .scanner, state: .ready)
        report.ticket = DeviceTicket(
            id: UUID(), device: "device", fault: DeviceFault(code: "test.fault", action: .reset, detail: "detail"), firstSeen: Date(),
            tried: [.retry],
            failsCommands: true)
        try await withSampleServer(devices: [report]) { [report] socket in
            let run = try await Self.kioskctl(["device", "show", report.name, "--socket", socket])
            #expect(run.status == 1)
            #expect(run.output.contains("the next command that succeeds closes the ticket") && run.output.contains("kioskctl device reset device"))
        }
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
            for verb in ["hold", "retry", "quarantine"] {
                let refused = try await Self.kioskctl(["queue", verb, Samples.material.uuidString, "--socket", socket])
                #expect(refused.status == 4 && refused.output == "" && refused.error.hasSuffix("(queue.wrong-state)\n"))
            }
            let state = try await Self.kioskctl(["queue", "list", "--state", "lost", "--socket", socket])
            #expect(state.status == 64)
        }
        let absent = try await Self.kioskctl(["status", "--socket", "/nowhere/control.sock"])
        #expect(absent.status == 69 && absent.error == "kioskctl: kioskd isn't running: nobody listens at /nowhere/control.sock\n")
        let help = try await Self.kioskctl(["--help"])
        #expect(help.status == 0 && help.output.contains("69  kioskd isn't running"))
    }
}
