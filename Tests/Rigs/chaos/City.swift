import BadNetwork
import Bench
import Foundation
import PlatformAPI
import QueueLoad

/// The city of one life: its platform, the backups of it, and the network to it. What a restoration makes it lose is this life's kiosk's, which has it still.
actor City {
    /// What befalls the platform.
    enum Act: Sendable {
        case nothing
        case kill
        case backUp
        /// It is stopped, put back to the last backup, and started, as docs/api/README.md says.
        case restore
    }

    /// How often something befell it.
    struct Tally {
        var kills = 0
        var backups = 0
        var restorations = 0
    }

    static let kiosk = "chaos"

    nonisolated let layout: BenchLayout
    nonisolated let cable: NetworkProxy
    nonisolated let officer: PlatformOperator
    private(set) var history = PlatformHistory()
    private(set) var tally = Tally()
    private let platform: VirtualPlatform
    private let backup: URL
    private let log: ProcessLog

    /// Nothing runs yet.
    /// - Parameters:
    ///   - root: everything it has lies in there
    ///   - mutant: woken in every platformd
    init(in root: URL, mutant: String?, log: ProcessLog) async throws {
        let layout = try BenchLayout(root: root, needing: ["platformd", "queue-load", "kioskctl", "forgetfs"])
        try layout.makeDirectories()
        var environment = layout.environment
        environment["KIOSK_MUTANT"] = mutant
        platform = try await VirtualPlatform(layout: layout, environment: environment, log: log)
        officer = platform.officer
        cable = NetworkProxy(target: platform.port)
        backup = root.appending(path: "backup")
        self.layout = layout
        self.log = log
    }

    func start() async throws {
        try await platform.enrol(Self.kiosk, credential: layout.credential)
        try await platform.start()
        try await cable.start()
    }

    func stop() async {
        await cable.stop()
        await platform.stop()
    }

    func waitUntilHealthy() async throws {
        try await platform.waitUntilHealthy()
    }

    /// Returns when it is done; a killed platform may still be on its way back.
    func befall(_ act: Act) async throws {
        switch act {
        case .nothing: break
        case .kill:
            await platform.process.send(SIGKILL)
            tally.kills += 1
        case .backUp: try await backUp()
        case .restore:
            // There must be something to go back to.
            guard tally.backups > 0 else { return try await backUp() }
            await platform.stop()
            try await platform.restore(from: backup)
            history.wasRestored = true
            try await platform.start()
            tally.restorations += 1
        }
    }

    private func backUp() async throws {
        history.backedUp = try await platform.backUp(to: backup)
        tally.backups += 1
    }

    /// Hands it what lies in an outbox.
    /// - Returns: what its import says of each packet
    func takeIn(_ outbox: URL) async throws -> [VirtualPlatform.TakenIn] {
        try await platform.takeIn([outbox])
    }

    /// The packets that it has: of applications, and of materials that came.
    func packets() async throws -> Set<UUID> {
        try await waitUntilHealthy()
        return Set(try await officer.applications().flatMap { [$0.id] + $0.materials.filter { $0.receivedAt != nil }.map(\.id) })
    }

    /// Throws when platformd ended by itself and was started anew, as if nothing had been.
    func checkThatItLived() async throws {
        let restarts = await platform.process.restarts
        if restarts > tally.kills { throw Broken(restarts: restarts, kills: tally.kills, log: log) }
    }

    private struct Broken: Error, CustomStringConvertible {
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
}
