import BadNetwork
import Bench
import Foundation
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

    /// Rounds of one life. Delivered files stay in the outbox until a backup has them, and every start looks at them all: a long life would only be a slow one.
    private static let roundsOfALife = 20

    private let options: Options
    private let root: URL
    private let log: ProcessLog
    private let say: @Sendable (String) -> Void
    private var generator: SeededGenerator
    private var result: ChaosResult

    /// - Parameters:
    ///   - root: an empty directory
    ///   - say: takes progress lines
    init(options: Options, root: URL, log: ProcessLog, say: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.root = root
        self.log = log
        self.say = say
        generator = SeededGenerator(seed: options.seed)
        result = ChaosResult(seed: options.seed)
    }

    /// Throws when the rig itself fails. Nothing runs or is mounted when it returns or throws.
    func run() async throws -> ChaosResult {
        try await strike(.cut, rounds: options.cuts)
        try await strike(.kill, rounds: options.kills)
        return result
    }

    private enum Kind: String { case cut, kill }

    private func strike(_ kind: Kind, rounds: Int) async throws {
        var done = 0
        var number = 0
        while done < rounds, options.mutant == nil || result.findings.isEmpty {
            number += 1
            let here = root.appending(path: "\(kind)-\(number)")
            defer { try? FileManager.default.removeItem(at: here) }
            let city = try await City(in: here.appending(path: "city"), mutant: options.mutant, log: log)
            let place = here.appending(path: "disk")
            let ground: any Ground = kind == .kill ? PlainGround(directory: place) : try ForgettingGround(directory: place)
            do {
                try await ground.prepare()
                try await city.start()
                // A full outbox loses what an empty one has room for: every second life has a quota that some twenty submissions use up.
                let quota = Bool.random(using: &generator) ? Int.random(in: 1 << 20...3 << 20, using: &generator) : 0
                let setting = KioskLife.Setting(
                    layout: city.layout, port: city.cable.port, seed: options.seed, mutant: options.mutant, quota: quota)
                done += try await live(
                    KioskLife(setting: setting, ground: ground, name: "\(kind)\(number)"), kind, from: done,
                    rounds: min(Self.roundsOfALife, rounds - done), in: city)
                try await city.checkThatItLived()
            } catch {
                await ground.discard()
                await city.stop()
                throw error
            }
            await ground.discard()
            await city.stop()
            count(await city.tally)
            say("\(kind) \(done)/\(rounds): acknowledged=\(result.acknowledged) delivered=\(result.delivered) \(result.circumstances)")
        }
    }

    /// - Returns: how many rounds it lasted; fewer than wanted when something was found
    private func live(_ life: KioskLife, _ kind: Kind, from first: Int, rounds: Int, in city: City) async throws -> Int {
        var life = life
        for round in 1...rounds {
            let turn = Turn(&generator, round: round)
            let blow = try await strike(&life, turn, in: city)
            count(blow, kind)
            guard turn.isSeen || round == rounds else { continue }
            var findings = await life.look(await city.history)
            if findings.isEmpty {
                findings = try await life.receive(turn.visit, from: city)
                count(turn.visit)
            }
            if !findings.isEmpty {
                note(findings, at: "\(kind) \(first + round)", blow.story)
                return round
            }
        }
        let end = try await life.conclude(in: city)
        result.delivered += end.whole
        result.unsaid += end.applications - end.whole
        result.erased += life.archived.count
        if !end.findings.isEmpty { note(end.findings, at: "\(kind) \(first + rounds)", "after the drain") }
        return rounds
    }

    private func strike(_ life: inout KioskLife, _ turn: Turn, in city: City) async throws -> Blow {
        city.cable.setOnline(!turn.weather.isOffline)
        if let rule = turn.weather.rule { city.cable.add(rule) }
        async let befallen: Void = city.befall(turn.platform)
        let blow = try await life.strike(turn.blow, backlog: turn.backlog)
        try await befallen
        city.cable.removeAll()
        city.cable.setOnline(true)
        return blow
    }

    private func count(_ blow: Blow, _ kind: Kind) {
        result.acknowledged += blow.told.acknowledged.count
        result.refused += blow.told.refused
        result.full += blow.told.full
        switch kind {
        case .cut: result.cuts += 1
        case .kill: result.kills += 1
        }
    }

    private func count(_ visit: Turn.Visit) {
        switch visit {
        case .nobody: break
        case .stick: result.carried += 1
        case .lostDatabase: result.repaired += 1
        }
    }

    private func count(_ tally: City.Tally) {
        result.platformKills += tally.kills
        result.backups += tally.backups
        result.restorations += tally.restorations
    }

    private func note(_ findings: Findings, at place: String, _ story: String) {
        for line in findings.lines { say("\(place) (\(story)): \(line)") }
        result.findings += findings
        if result.firstFinding == nil { result.firstFinding = place }
    }
}
