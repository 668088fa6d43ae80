import ArgumentParser
import BenchLine
import Foundation

/// What the devices of the kiosk cost, measured beside a peer or the limit that the house sets.
@main
struct DeviceBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device-bench", abstract: "Measure what the devices of the kiosk cost, beside a peer in the same run.",
        discussion: """
            Prints a line for each measurement:
            bench NAME value=… unit=… peer=… peer_value=… ratio=… goal=… verdict=ok|short
            The ratio is value through peer_value and is good up to the goal; the peer `limit` is what the house allows.

            Exit codes: 0 measured, whatever the verdicts; 1 a measurement failed.
            """)

    @Option(help: "Reads of the ID card whose completion is timed.")
    var reads = 1000

    @Option(help: "Scans beside as many of scanimage.")
    var scans = 25

    @Option(help: "Pages handed in beside as many of ipptool.")
    var prints = 60

    @Option(help: "Seconds for which the idle kiosk is watched.")
    var idleSeconds = 30

    @Option(help: "Seconds for which the camera's picture is watched.")
    var previewSeconds = 22

    @Argument(help: "Which: reader, scan, print, idle, preview; all when none is named.")
    var names: [Name] = []

    enum Name: String, ExpressibleByArgument, CaseIterable { case reader, scan, print, idle, preview }

    func run() async throws {
        var failed = false
        for name in names.isEmpty ? Name.allCases : names {
            do {
                try await measure(name).forEach { print($0) }
            } catch {
                // The others can be measured still.
                FileHandle.standardError.write(Data("\(name.rawValue): \(error)\n".utf8))
                failed = true
            }
        }
        if failed { throw ExitCode.failure }
    }

    private func measure(_ name: Name) async throws -> [BenchLine] {
        switch name {
        case .reader: try await ReaderLatency(reads: reads).run()
        case .scan: try await ScanTime(scans: scans).run()
        case .print: try await PrintAcceptance(prints: prints).run()
        case .preview: try await PreviewCost(seconds: previewSeconds).run()
        case .idle: try await IdleCost(seconds: idleSeconds).run()
        }
    }
}
