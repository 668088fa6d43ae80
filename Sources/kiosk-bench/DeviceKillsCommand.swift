import ArgumentParser
import Bench
import Foundation

struct DeviceKillsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device-kills",
        abstract: "Kill and stop device hosts under citizens at the screen; every session must come to its receipt.",
        discussion: """
            What the platform holds in the end must be what each citizen gave, page by page. Exits 0 only when no session, no host and no page was lost; \
            the last line on standard output tells.
            """)

    @Option(help: "Hosts to kill or stop.")
    var kills = 100

    @Option(help: "Repeats the choices of an earlier run. (default: a random one, which is printed)")
    var seed: UInt64?

    @Flag(help: "Also print what the processes log.")
    var verbose = false

    func validate() throws {
        guard (1...10_000).contains(kills) else { throw ValidationError("--kills must be 1 to 10000") }
    }

    func run() async throws {
        let seed = seed ?? .random(in: 0...UInt64(UInt32.max))
        try say("device-kills: seed \(seed)")
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: verbose), traced: false)
        let result: DeviceKills.Result
        do {
            try await kiosk.start()
            result = try await DeviceKills(kiosk: kiosk, kills: kills, seed: seed) { try? say($0) }.run()
        } catch {
            await kiosk.stop()
            for line in kiosk.log.recent.suffix(40) { complain(line) }
            complain("device-kills: \(error)")
            throw ExitCode.failure
        }
        await kiosk.stop()
        try say("\(result)")
        if !result.isGood(kills: kills) { throw ExitCode.failure }
    }
}
