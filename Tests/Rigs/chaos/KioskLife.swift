import Bench
import Foundation
import Outbox
import PlatformAPI
import QueueLoad
import SeededRandom

/// One kiosk from its first start to its last packet: blows upon one outbox, then a drain, then everything is looked at.
struct KioskLife {
    /// What it takes to run the kiosk's programs.
    struct Setting: Sendable {
        var layout: BenchLayout
        /// Loopback port at which the kiosk reaches the platform.
        var port: Int
        var seed: UInt64
        /// Woken in the kiosk's programs.
        var mutant: String?
        /// bytes that the sealed files may take together; 0 for no bound
        var quota = 0
        /// Has the seconds by which the kiosk's clock goes wrong; nil for the machine's clock.
        var clock: URL?

        var environment: [String: String] {
            var environment = layout.environment
            environment["KIOSK_MUTANT"] = mutant
            // A trap ends it at once; a stack being printed would go on until the blow, which would then count as its end.
            environment["SWIFT_BACKTRACE"] = "enable=no"
            return environment
        }
    }

    let setting: Setting
    let ground: any Ground
    /// Unlike any other life's of the same seed.
    let name: String
    /// Everything acknowledged so far.
    private(set) var acknowledged: [String] = []
    /// The codes of receipts, by reference. The blow may have fallen between an acknowledgement and its receipt.
    private(set) var receipts: [String: String] = [:]
    /// What was erased because a backup has it, as it was seen last.
    private(set) var archived: [OutboxEntry] = []
    /// Of these, those whose rows were lost with the database.
    private var forgotten: [OutboxEntry] = []
    private var round = 0

    init(setting: Setting, ground: any Ground, name: String) {
        self.setting = setting
        self.ground = ground
        self.name = name
    }

    private var verifier: LoadVerifier { LoadVerifier(seed: setting.seed, acknowledged: acknowledged) }
    private var technician: Technician { Technician(setting: setting, outbox: ground.outbox) }

    /// One blow under load.
    /// - Parameter backlog: packets that may wait before the load holds back
    mutating func strike(_ choices: SeededGenerator, backlog: Int) async throws -> Blow {
        round += 1
        let command = command(round: round, backlog: backlog)
        let blow = try await ground.strike(choices) { try await LoadProcess.start(command) }
        hear(blow.told)
        return blow
    }

    /// What a load told that has ended: from now on it is looked for.
    mutating func hear(_ told: LoadProcess.Told) {
        acknowledged += told.acknowledged
        receipts.merge(told.receipts) { $1 }
    }

    /// After a blow: the outbox opens, and holds everything acknowledged.
    mutating func look(_ platform: PlatformHistory, drained: Bool = false) async -> Findings {
        let sight = await OutboxLook.look(
            at: ground.outbox, .init(verifier: verifier, platform: platform, forgotten: forgotten, drained: drained))
        archived = sight.archived
        return sight.findings
    }

    /// Somebody comes, directly after a look that found nothing.
    mutating func receive(_ visit: Turn.Visit, from city: City) async throws -> Findings {
        switch visit {
        case .nobody: return Findings()
        case .stick: return try await technician.carry(to: city)
        case .lostDatabase:
            forgotten = archived
            var findings = try await technician.mend()
            findings += await look(await city.history)
            return findings
        }
    }

    /// Delivers what waits, and looks at the outbox, at the platform, and at what it says of the receipts.
    /// - Returns: what is wrong, how many of the acknowledged the platform has once and whole, and how many applications it has
    mutating func conclude(in city: City) async throws -> (findings: Findings, whole: Int, applications: Int) {
        try await city.waitUntilHealthy()
        var findings = try await drain()
        findings += await look(await city.history, drained: true)
        let officer = city.officer
        let arrived = try await officer.applications()
        let (wrong, whole) = try await verifier.check(arrived) { try await officer.material($0, of: $1) }
        findings += wrong
        for (reference, receipt) in receipts.sorted(by: { $0.key < $1.key }) {
            let state = try await officer.custody(of: receipt)?.state
            if state != .accepted { findings.lost.append("the platform says \(state?.rawValue ?? "not genuine") of the receipt of \(reference)") }
        }
        let stranger = Stranger(credential: try KioskCredential(contentsOf: setting.layout.credential), officer: officer)
        findings += try await stranger.visit(with: receipts.values.first)
        return (findings, whole, arrived.count)
    }

    private func drain() async throws -> Findings {
        var findings = Findings()
        let drain = try await LoadProcess.start(command(["--drain"]))
        let end: BenchProcess.End
        do {
            end = try await drain.waitForEnd(patience: .seconds(45))
        } catch let missed as Poll.Missed {
            await drain.kill()
            findings.lost.append("the queue didn't drain: \(missed)")
            return findings
        } catch {
            await drain.kill()
            throw error
        }
        switch end {
        case .exit(0): break
        case .exit(1): findings.lost.append("a packet waits for good")
        // Disk or outbox failed, although nothing fails any more.
        case .exit(3): findings.corrupted.append("the drain ended with \(end): \(drain.log.joined(separator: "; "))")
        // Whatever else ended it says nothing about the queue: a mutant that crashes isn't caught by it.
        default: throw LoadProcess.Broken(end: end, log: drain.log)
        }
        return findings
    }

    func command(round: Int, backlog: Int) -> BenchProcess.Command {
        command(["--run", "\(name)-\(round)", "--backlog", "\(backlog)", "--receipts"])
    }

    private func command(_ arguments: [String]) -> BenchProcess.Command {
        BenchProcess.Command(
            setting.layout.executable("queue-load"),
            [
                "--data", ground.outbox.path, "--credential", setting.layout.credential.path, "--platform", "http://127.0.0.1:\(setting.port)",
                "--seed", "\(setting.seed)", "--quota", "\(setting.quota)",
            ] + (setting.clock.map { ["--clock", $0.path] } ?? []) + arguments, environment: setting.environment)
    }
}
