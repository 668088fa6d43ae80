import Bench
import Foundation
import PlatformAPI
import QueueLoad
import SeededRandom

/// One kiosk from its first start to its last packet: blows upon one outbox, then a drain, then everything is looked at.
struct KioskLife {
    /// What it takes to run queue-load.
    struct Setting: Sendable {
        var layout: BenchLayout
        /// Loopback port at which the kiosk reaches the platform.
        var port: Int
        var seed: UInt64
        /// Woken in queue-load, and nowhere else.
        var mutant: String?
    }

    let setting: Setting
    let ground: any Ground
    /// Unlike any other life's in the same city.
    let name: String
    /// Everything acknowledged so far.
    private(set) var acknowledged: [String] = []
    private var round = 0

    init(setting: Setting, ground: any Ground, name: String) {
        self.setting = setting
        self.ground = ground
        self.name = name
    }

    private var verifier: LoadVerifier { LoadVerifier(seed: setting.seed, acknowledged: acknowledged) }

    /// One blow under load.
    /// - Parameter backlog: packets that may wait before the load holds back
    mutating func strike(_ choices: SeededGenerator, backlog: Int) async throws -> Blow {
        round += 1
        let command = command(round: round, backlog: backlog)
        let blow = try await ground.strike(choices) { try await LoadProcess.start(command) }
        acknowledged += blow.acknowledged
        return blow
    }

    /// After a blow: the outbox opens, and holds everything acknowledged.
    func look() async -> Findings {
        await OutboxLook.look(at: ground.outbox, with: verifier, drained: false)
    }

    /// Delivers what waits, and looks at the outbox and then at the platform.
    /// - Parameter arrived: what the platform holds of this life
    func conclude(
        officer: PlatformOperator, after last: UUID?
    ) async throws -> (findings: Findings, whole: Int, applications: Int, last: UUID?) {
        let drain = try await LoadProcess.start(command(["--drain"]))
        let end: BenchProcess.End
        do {
            end = try await drain.waitForEnd(deadline: .seconds(180))
        } catch {
            await drain.kill()
            throw error
        }
        var findings = Findings()
        switch end {
        case .exit(0): break
        case .exit(1): findings.lost.append("a packet waits for good")
        // Disk or outbox failed, although nothing fails any more.
        case .exit(3): findings.corrupted.append("the drain ended with \(end): \(drain.log.joined(separator: "; "))")
        // Whatever else ended it says nothing about the queue: a mutant that crashes isn't caught by it.
        default: throw LoadProcess.Broken(end: end, log: drain.log)
        }
        findings += await OutboxLook.look(at: ground.outbox, with: verifier, drained: true)
        let arrived = try await officer.applications(after: last)
        let (wrong, whole) = try await verifier.check(arrived) { try await officer.material($0, of: $1) }
        findings += wrong
        return (findings, whole, arrived.count, arrived.last?.id ?? last)
    }

    func command(round: Int, backlog: Int) -> BenchProcess.Command {
        command(["--run", "\(name)-\(round)", "--backlog", "\(backlog)"])
    }

    private func command(_ arguments: [String]) -> BenchProcess.Command {
        var environment = setting.layout.environment
        environment["KIOSK_MUTANT"] = setting.mutant
        // A trap ends it at once; a stack being printed would go on until the blow, which would then count as its end.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return BenchProcess.Command(
            setting.layout.executable("queue-load"),
            [
                "--data", ground.outbox.path, "--credential", setting.layout.credential.path, "--platform", "http://127.0.0.1:\(setting.port)",
                "--seed", "\(setting.seed)",
            ] + arguments, environment: environment)
    }
}
