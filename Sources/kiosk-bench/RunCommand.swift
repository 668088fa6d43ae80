import ArgumentParser
import BadNetwork
import Bench
import Foundation
import Logging
import UnixSignals

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start everything and serve the bench page until Ctrl-C.",
        discussion: "Prints `touchscreen:` and `bench:` with their addresses once both answer.")

    @Option(
        name: .customLong("data"),
        help: ArgumentHelp("Directory to keep everything in; by default a fresh one, removed at the end.", valueName: "dir"))
    var dataPath: String?

    @Option(help: "Port of the bench page; 0 takes any free one.")
    var port = 0

    @Option(help: ArgumentHelp("JSON list of rules for the network between kiosk and platform; docs/rigs.md has them.", valueName: "file"))
    var network: String?

    @Flag(help: "Also print what the processes log.")
    var verbose = false

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
        _ = try rules()
    }

    private func rules() throws -> [NetworkRule] {
        guard let network else { return [] }
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: network))
        } catch {
            throw ValidationError("--network: \(network) can't be read.")
        }
        do {
            return try JSONDecoder().decode([NetworkRule].self, from: data)
        } catch {
            throw ValidationError("--network: \(network) is no list of network rules: \(Self.reason(error)).")
        }
    }

    /// Where the mistake is, and what it is.
    private static func reason(_ error: any Error) -> String {
        let context: DecodingError.Context? =
            switch error as? DecodingError {
            case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context): context
            default: nil
            }
        guard let context else { return "\(error)" }
        let place = context.codingPath.map { $0.intValue.map { "rule \($0 + 1)" } ?? $0.stringValue }.joined(separator: ", ")
        return (place.isEmpty ? "" : place + ": ") + context.debugDescription
    }

    func run() async throws {
        let root = try dataPath.map { URL(fileURLWithPath: $0).absoluteURL } ?? BenchLayout.temporaryRoot()
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { if dataPath == nil { try? FileManager.default.removeItem(at: root) } }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: verbose), traced: false)
        var logger = Logger(label: "kiosk-bench")
        logger.logLevel = .critical
        let server = BenchServer(kiosk: kiosk, port: port, logger: logger)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)

        let outcome = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask {
                do { try await server.run() } catch { return .failure(error) }
                return .success(())
            }
            group.addTask {
                for await _ in signals { return .success(()) }
                return .success(())
            }
            group.addTask {
                do {
                    let origin = await server.origin()
                    try await kiosk.start(framedBy: origin)
                    for rule in try rules() { try await kiosk.network.add(rule) }
                    try say("touchscreen: \(try await kiosk.startAddress())")
                    try say("bench: \(origin)/")
                    // The first of the three to end is the end of all.
                    try await Task.sleep(for: .seconds(Int64.max / 4))
                } catch is CancellationError {
                } catch {
                    return .failure(error)
                }
                return .success(())
            }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        await kiosk.stop()
        if case .failure(let error) = outcome {
            for line in kiosk.log.recent.suffix(40) { complain(line) }
            complain("kiosk-bench: \(error)")
            throw ExitCode.failure
        }
    }
}

/// One line on standard output, at once, even when that is a pipe.
func say(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}

func complain(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}
