import BadNetwork
import Bench
import Foundation
import PlatformAPI
import QueueLoad
import SeededRandom

/// The whole run: lives of some rounds each, first under cuts, then under kills.
actor ChaosRun {
    struct Options: Sendable {
        var cuts: Int
        var kills: Int
        var seed: UInt64
        var mutant: String?
    }

    /// Rounds of one life. Delivered files stay in the outbox, and every start looks at them all: a long life would only be a slow one.
    private static let roundsOfALife = 20
    private static let kiosk = "chaos"

    private let options: Options
    private let layout: BenchLayout
    private let log: ProcessLog
    private let say: @Sendable (String) -> Void
    private var generator: SeededGenerator
    private var result: ChaosResult
    /// The newest application that was looked at.
    private var last: UUID?

    /// - Parameter say: takes progress lines
    init(options: Options, root: URL, log: ProcessLog, say: @escaping @Sendable (String) -> Void) throws {
        self.options = options
        self.log = log
        self.say = say
        layout = try BenchLayout(root: root, needing: ["platformd", "queue-load", "forgetfs"])
        generator = SeededGenerator(seed: options.seed)
        result = ChaosResult(seed: options.seed)
    }

    /// Throws when the rig itself fails. Nothing runs or is mounted when it returns or throws.
    func run() async throws -> ChaosResult {
        try layout.makeDirectories()
        let city = try await VirtualPlatform(layout: layout, log: log)
        let cable = NetworkProxy(target: city.port)
        do {
            try await city.enrol(Self.kiosk, credential: layout.credential)
            try await city.start()
            try await cable.start()
            try await strike(.cut, rounds: options.cuts, city: city, cable: cable)
            try await strike(.kill, rounds: options.kills, city: city, cable: cable)
        } catch {
            await cable.stop()
            await city.stop()
            throw error
        }
        await cable.stop()
        await city.stop()
        return result
    }

    private enum Kind: String { case cut, kill }

    private func strike(_ kind: Kind, rounds: Int, city: VirtualPlatform, cable: NetworkProxy) async throws {
        var done = 0
        var number = 0
        while done < rounds, options.mutant == nil || result.findings.isEmpty {
            number += 1
            let here = layout.root.appending(path: "\(kind)-\(number)")
            let ground: any Ground = kind == .kill ? PlainGround(directory: here) : try ForgettingGround(directory: here)
            do {
                try await ground.prepare()
                let setting = KioskLife.Setting(layout: layout, port: cable.port, seed: options.seed, mutant: options.mutant)
                done += try await live(
                    KioskLife(setting: setting, ground: ground, name: "\(kind)\(number)"), kind, from: done,
                    rounds: min(Self.roundsOfALife, rounds - done), city: city,
                    cable: cable)
            } catch {
                await ground.discard()
                throw error
            }
            await ground.discard()
            let restarts = await city.process.restarts
            if restarts > result.platformKills { throw PlatformBroken(restarts: restarts, kills: result.platformKills, log: log) }
            say("\(kind) \(done)/\(rounds): acknowledged=\(result.acknowledged) delivered=\(result.delivered) refused=\(result.refused)")
        }
    }

    /// - Returns: how many rounds it lasted; fewer than wanted when something was found
    private func live(
        _ life: KioskLife, _ kind: Kind, from first: Int, rounds: Int, city: VirtualPlatform, cable: NetworkProxy
    ) async throws -> Int {
        var life = life
        let platformKill = Int.random(in: 0..<Self.roundsOfALife, using: &generator)
        for round in 1...rounds {
            let offline = Int.random(in: 0..<6, using: &generator) == 0
            cable.setOnline(!offline)
            if round == platformKill {
                await city.process.send(SIGKILL)
                result.platformKills += 1
            }
            // Growing, so that every round commits: the platform takes packets more slowly than the outbox does.
            let backlog = 12 + 4 * round + (offline ? 30 : 0)
            let blow = try await life.strike(SeededGenerator(seed: generator.next()), backlog: backlog)
            cable.setOnline(true)
            result.refused += blow.refused
            result.acknowledged += blow.acknowledged.count
            switch kind {
            case .cut: result.cuts += 1
            case .kill: result.kills += 1
            }
            // Every fourth goes unseen, so that the next start, and not the look, clears up what the blow left, with the next blow before it.
            if Int.random(in: 0..<4, using: &generator) == 0, round < rounds { continue }
            let findings = await life.look()
            if !findings.isEmpty {
                note(findings, at: "\(kind) \(first + round)", blow.story)
                // What of this life came to the platform stays there in part: the next life isn't to be blamed for it.
                try await city.waitUntilHealthy()
                last = try await city.officer.applications(after: last).last?.id ?? last
                return round
            }
        }
        try await city.waitUntilHealthy()
        let end = try await life.conclude(officer: city.officer, after: last)
        last = end.last
        result.delivered += end.whole
        result.unsaid += end.applications - end.whole
        if !end.findings.isEmpty { note(end.findings, at: "\(kind) \(first + rounds)", "after the drain") }
        return rounds
    }

    /// platformd ended by itself and was started anew, as if nothing had been.
    private struct PlatformBroken: Error, CustomStringConvertible {
        var restarts: Int
        var kills: Int
        var log: ProcessLog

        var description: String {
            // How it ended stands in the bench's own lines, why in the first of its own; what it says of each packet would bury both.
            let lines = log.everything.flatMap { String(decoding: $0.bytes, as: UTF8.self).split(separator: "\n") }
                .filter { !$0.contains(" info platformd: ") }
            return "platformd is broken: started anew \(restarts) times after \(kills) kills\n" + lines.prefix(60).joined(separator: "\n")
        }
    }

    private func note(_ findings: Findings, at place: String, _ story: String) {
        for line in findings.lines { say("\(place) (\(story)): \(line)") }
        result.findings += findings
        if result.firstFinding == nil { result.firstFinding = place }
    }
}
