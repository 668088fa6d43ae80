import ArgumentParser
import Bench
import Foundation
import QueueLoad
import UnixSignals

/// Cuts the power and kills the kiosk's queue, again and again, and counts what arrives.
@main
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Cut and kill the kiosk's queue under load, again and again, and verify at the platform that nothing acknowledged was lost.",
        discussion: """
            A cut is a power failure on a file system that forgets what wasn't fsynced; a kill is SIGKILL on an ordinary one. Beside that the network is bad, \
            the platform is killed, backed up and put back to its backup, the outbox fills to its quota, is carried to the platform by hand, and loses its \
            database. docs/rigs.md tells what is verified and what can't be seen.

            Exit codes: 0 nothing lost, duplicated or corrupted (with --mutant: it was caught); 1 something was (with --mutant: it survived); \
            64 usage; 70 the rig itself failed; 130 interrupted.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "Power failures on the forgetting file system.")
    var cuts = 200

    @Option(help: "Kills on an ordinary file system.")
    var kills = 200

    @Option(help: "Where the random numbers start; by default another each time. It is printed first.")
    var seed: UInt64?

    @Option(help: "Wake this mutant in a build made with KIOSK_MUTANTS=1, and succeed only if it is caught.")
    var mutant: String?

    @Option(help: "text, or json: the result alone on standard output, progress on standard error.")
    var format = Format.text

    @Flag(help: "Also print what platformd logs.")
    var verbose = false

    func validate() throws {
        guard cuts >= 0, kills >= 0, cuts + kills > 0 else { throw ValidationError("--cuts and --kills must be 0 or more, one of them more.") }
        // It would wake the mutant in the looks of this program too.
        guard ProcessInfo.processInfo.environment["KIOSK_MUTANT"] == nil else { throw ValidationError("Use --mutant, not KIOSK_MUTANT.") }
    }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 1...999_999)
        let progress: FileHandle = format == .json ? .standardError : .standardOutput
        let say: @Sendable (String) -> Void = { Self.print($0, to: progress) }
        say("seed: \(seed)")
        let log = ProcessLog(echo: verbose)
        let result: ChaosResult
        do {
            let root = try BenchLayout.temporaryRoot()
            defer { try? FileManager.default.removeItem(at: root) }
            let run = ChaosRun(options: .init(cuts: cuts, kills: kills, seed: seed, mutant: mutant), root: root, log: log, say: say)
            guard let finished = try await untilSignal({ try await run.run() }) else { throw ExitCode(130) }
            result = finished
        } catch let exit as ExitCode {
            throw exit
        } catch {
            for line in log.recent.suffix(20) { Self.print(line, to: .standardError) }
            Self.print("chaos: \(error)", to: .standardError)
            throw ExitCode(70)
        }
        try conclude(result)
    }

    private func conclude(_ result: ChaosResult) throws {
        if format == .json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Self.print(String(decoding: try encoder.encode(result), as: UTF8.self), to: .standardOutput)
        } else if let mutant {
            let finding = result.findings.lines.first ?? ""
            Self.print(
                "mutant \(mutant): "
                    + (result.firstFinding.map { "caught at \($0) (\(finding))" } ?? "survived \(result.cuts) cuts and \(result.kills) kills"),
                to: .standardOutput)
        } else {
            Self.print(result.circumstances, to: .standardOutput)
            Self.print("\(result)", to: .standardOutput)
        }
        guard mutant == nil ? result.isGood : !result.findings.isEmpty else { throw ExitCode(1) }
    }

    /// Nil when SIGINT or SIGTERM came first; then `work` has been cancelled and has cleaned up.
    private func untilSignal<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { return nil }
            group.cancelAll()
            // A run that was interrupted ends by its cancellation, after it has put everything away.
            while (try? await group.next()) != nil {}
            return first
        }
    }

    /// At once, even into a pipe.
    private static func print(_ line: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data((line + "\n").utf8))
    }
}
