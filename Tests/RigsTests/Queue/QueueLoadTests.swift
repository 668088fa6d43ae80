import Bench
import Foundation
import Logging
import Outbox
import PlatformAPI
import QueueLoad
import Testing

@testable import chaos

/// queue-load against a real platform, killed for real.
@Suite(.serialized) struct QueueLoadTests {
    static let seed: UInt64 = 11

    private func withCity(_ body: (BenchLayout, VirtualPlatform) async throws -> Void) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let layout = try BenchLayout(root: root, needing: ["platformd", "queue-load"])
        try layout.makeDirectories()
        let city = try await VirtualPlatform(layout: layout, log: ProcessLog())
        try await city.enrol("k1", credential: layout.credential)
        do {
            try await body(layout, city)
        } catch {
            await city.stop()
            throw error
        }
        await city.stop()
    }

    private func command(_ layout: BenchLayout, _ arguments: [String] = [], wrapper: [String] = []) -> BenchProcess.Command {
        let words =
            wrapper + [
                layout.executable("queue-load"), "--data", layout.kioskData.appending(path: "outbox").path, "--credential", layout.credential.path,
                "--seed", "\(Self.seed)",
            ] + arguments
        return BenchProcess.Command(words[0], Array(words.dropFirst()), environment: layout.environment)
    }

    /// Runs it until it has acknowledged so much, and kills it.
    private func acknowledge(_ count: Int, _ command: BenchProcess.Command) async throws -> [String] {
        let load = try await LoadProcess.start(command)
        _ = try? await Poll.until("\(count) acknowledgements") {
            load.acknowledged.count >= count || load.end != nil ? .there(true) : .notYet("\(load.acknowledged.count)")
        }
        await load.kill()
        #expect(load.acknowledged.count >= count, "\(load.log)")
        return load.acknowledged
    }

    /// The platform isn't even there at first: what was acknowledged lies on the disk, and arrives once it is.
    @Test(.timeLimit(.minutes(3))) func whatItAcknowledgedIsDurableAndArrives() async throws {
        try await withCity { layout, city in
            let outbox = layout.kioskData.appending(path: "outbox")
            var acknowledged = try await acknowledge(8, command(layout))
            acknowledged += try await acknowledge(4, command(layout, ["--backlog", "1000"]))
            #expect(Set(acknowledged).count == acknowledged.count, "a reference was used twice")
            let verifier = LoadVerifier(seed: Self.seed, acknowledged: acknowledged)
            #expect(await OutboxLook.look(at: outbox, .init(verifier: verifier)).findings == Findings())
            // Not there yet, so the verifier must say so.
            #expect(await !OutboxLook.look(at: outbox, .init(verifier: verifier, drained: true)).findings.isEmpty)

            try await city.start()
            let drain = try await LoadProcess.start(command(layout, ["--drain"]))
            let end = try await drain.waitForEnd(deadline: .seconds(120))
            await drain.kill()
            #expect(end == .exit(0), "\(drain.log)")
            #expect(await OutboxLook.look(at: outbox, .init(verifier: verifier, drained: true)).findings == Findings())
            let officer = city.officer
            let verdict = try await verifier.check(try await officer.applications()) { try await officer.material($0, of: $1) }
            #expect(verdict.findings == Findings())
            #expect(verdict.whole == acknowledged.count)
        }
    }

    /// Yesterday's backup is put back: what came since is sent again, once; what was in it is erased here, and nothing else.
    @Test(.timeLimit(.minutes(5))) func aPlatformRestoredFromYesterdayHasEverything() async throws {
        try await withCity { layout, city in
            let directory = layout.kioskData.appending(path: "outbox")
            let backup = layout.root.appending(path: "backup")
            try await city.start()
            var acknowledged: [String] = []
            func day(_ count: Int) async throws {
                acknowledged += try await acknowledge(count, command(layout))
                try await drain()
            }
            func drain() async throws {
                let load = try await LoadProcess.start(command(layout, ["--drain"]))
                let end = try await load.waitForEnd(deadline: .seconds(120))
                await load.kill()
                #expect(end == .exit(0), "\(load.log)")
            }
            func states() throws -> [OutboxEntry.State: Int] {
                let outbox = try Outbox(directory: directory, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
                return Dictionary(grouping: try outbox.entries(limit: .max), by: \.state).mapValues(\.count)
            }

            try await day(6)
            let packets = try states()
            #expect(packets.keys.elementsEqual([.delivered]))
            var history = PlatformHistory()
            history.backedUp = try await city.backUp(to: backup)
            try await drain()
            #expect(try states() == [.archived: packets[.delivered] ?? 0], "what is in the backup is kept")
            try await day(6)
            let since = try states()[.delivered] ?? 0
            #expect(since > 6)

            await city.stop()
            try await city.restore(from: backup)
            try await city.start()
            #expect(try await city.officer.applications().count < acknowledged.count, "the backup has what came after it")
            try await drain()
            let verifier = LoadVerifier(seed: Self.seed, acknowledged: acknowledged)
            history.wasRestored = true
            let sight = await OutboxLook.look(at: directory, .init(verifier: verifier, platform: history, drained: true))
            #expect(sight.findings == Findings())
            #expect(sight.archived.count == packets[.delivered])
            #expect(try states() == [.archived: packets[.delivered] ?? 0, .delivered: since])
            let officer = city.officer
            let verdict = try await verifier.check(try await officer.applications()) { try await officer.material($0, of: $1) }
            #expect(verdict.findings == Findings())
            #expect(verdict.whole == acknowledged.count)

            // The next backup has what was sent again, and now it may be erased.
            try await city.backUp(to: backup)
            try await drain()
            #expect(try states().keys.elementsEqual([.archived]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "payloads").path).isEmpty)
        }
    }

    /// What a seed found once, it finds again: two kiosks with the same seed submit the same, however far each of them gets.
    @Test(.timeLimit(.minutes(2))) func aSeedRepeatsWhatIsSubmitted() async throws {
        var runs: [(references: [String], packets: [String])] = []
        for _ in 1...2 {
            try await withCity { layout, city in
                let setting = KioskLife.Setting(layout: layout, port: city.port, seed: Self.seed)
                let life = KioskLife(setting: setting, ground: PlainGround(directory: layout.kioskData), name: "cut1")
                let acknowledged = try await acknowledge(6, life.command(round: 1, backlog: 1000))
                let outbox = try Outbox(directory: life.ground.outbox, logger: Logger(label: "test"))
                let told = Set(acknowledged)
                // Sealed they differ: each has a key of its own.
                let packets = try outbox.entries(limit: .max).filter { told.contains($0.reference) }
                    .map { "\($0.kind) of \($0.reference): \($0.byteCount) bytes" }
                runs.append((acknowledged, packets))
            }
        }
        let common = min(runs[0].references.count, runs[1].references.count)
        #expect(runs[0].references.prefix(common) == runs[1].references.prefix(common))
        let packets = min(runs[0].packets.count, runs[1].packets.count)
        #expect(runs[0].packets.prefix(packets) == runs[1].packets.prefix(packets))
        #expect(packets >= 2 * common)
    }

    @Test func noTwoRoundsShareAReference() throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let setting = KioskLife.Setting(layout: try BenchLayout(root: root, needing: ["queue-load"]), port: 1, seed: Self.seed)
        let names = ["cut1", "cut11", "kill1"]
        let runs = names.flatMap { name in
            let life = KioskLife(setting: setting, ground: PlainGround(directory: root), name: name)
            return (1...20).compactMap { round -> String? in
                let words = life.command(round: round, backlog: 1).arguments
                return words.firstIndex(of: "--run").map { words[$0 + 1] }
            }
        }
        #expect(Set(runs).count == 20 * names.count)
    }

    @Test(.timeLimit(.minutes(2))) func aBacklogHoldsItBackAndIdleCommitsNothing() async throws {
        try await withCity { layout, _ in
            let outbox = layout.kioskData.appending(path: "outbox")
            let acknowledged = try await acknowledge(1, command(layout, ["--backlog", "1"]))
            #expect(acknowledged.count == 1)
            let idle = try await LoadProcess.start(command(layout, ["--idle"]))
            try await idle.waitUntilReady()
            await idle.kill()
            #expect(idle.isReady && idle.acknowledged.isEmpty)
            let verifier = LoadVerifier(seed: Self.seed, acknowledged: acknowledged)
            #expect(await OutboxLook.look(at: outbox, .init(verifier: verifier)).findings == Findings())
        }
    }

    @Test(.timeLimit(.minutes(2))) func aFullDiskIsRefusedAndItGoesOn() async throws {
        try await withCity { layout, _ in
            let script = #"mount -t tmpfs -o size=1m none "$0" && exec "$@""#
            let load = try await LoadProcess.start(
                command(
                    layout,
                    wrapper: ["/usr/bin/unshare", "--map-root-user", "--mount", "sh", "-c", script, layout.kioskData.path]))
            _ = try? await Poll.until("three refusals") {
                load.refused >= 3 || load.end != nil ? .there(true) : .notYet("\(load.refused)")
            }
            #expect(load.end == nil, "\(load.log)")
            await load.kill()
            #expect(load.refused >= 3 && !load.acknowledged.isEmpty, "\(load.log)")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [["--drain", "--idle"], ["--backlog", "-1"], ["--seed", "x"]])
    func wrongUsageIsRefused(arguments: [String]) async throws {
        try await withCity { layout, _ in
            let load = try await LoadProcess.start(command(layout, arguments))
            let end = try await load.waitForEnd(deadline: .seconds(20))
            await load.kill()
            #expect(end == .exit(64))
        }
    }
}
