import ArgumentParser
import Bench
import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Play one citizen's story without a screen, verify it at the platform, and search for residue.",
        discussion: "Exits 0 only when everything came out as it must; the last line on standard output tells.")

    @Option(help: "Who plays: \(SyntheticCitizen.all.map(\.id).joined(separator: ", ")).")
    var citizen = "resident"

    @Flag(help: "kill -9 of kioskd between receipt and upload, and of platformd during the upload.")
    var kill = false

    @Flag(help: "Succeed only if the search finds residue: for the deliberately leaking build.")
    var expectLeak = false

    @Flag(help: "Also print what the processes log.")
    var verbose = false

    func validate() throws {
        guard SyntheticCitizen.named(citizen) != nil else { throw ValidationError("There is no citizen \(citizen).") }
    }

    func run() async throws {
        guard let person = SyntheticCitizen.named(citizen) else { throw ExitCode.validationFailure }
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: verbose), traced: true)
        let result: DemoResult
        do {
            result = try await Demo(kiosk: kiosk, options: .init(citizen: person, kill: kill)).run()
        } catch {
            await kiosk.stop()
            for line in kiosk.log.recent.suffix(40) { complain(line) }
            complain("demo: \(error)")
            throw ExitCode.failure
        }
        for hit in result.residue { try say("residue: \(hit)") }
        for miss in result.misses { try say("miss: \(miss)") }
        try say("\(result)")
        if expectLeak {
            try say(result.residue.isEmpty ? "demo: the leak was not found" : "demo: the leak was found, as it must be")
            guard !result.residue.isEmpty else { throw ExitCode.failure }
        } else if !result.isGood(kills: kill ? 2 : nil) {
            throw ExitCode.failure
        }
    }
}
