import BadNetwork
import Bench
import ForgettingDisk
import Foundation
import QueueLoad
import Testing

@testable import chaos

/// What a kiosk has to live through, each by itself, over real processes. However it went, in the end everything acknowledged is at the platform, once and byte for byte.
@Suite(.serialized) struct CalamityTests {
    private static let day = 86_400
    private static let seed: UInt64 = 31

    /// A kiosk's queue at work.
    private final class Kiosk {
        let city: City
        var life: KioskLife
        private let clock: URL
        private var starts = 0
        private(set) var load: LoadProcess?

        init(_ city: City, outbox: URL, root: URL) throws {
            self.city = city
            clock = root.appending(path: "clock")
            try Data("0".utf8).write(to: clock)
            let setting = KioskLife.Setting(layout: city.layout, port: city.cable.port, seed: CalamityTests.seed, clock: clock)
            // Its outbox lies in that directory; it is never struck.
            life = KioskLife(setting: setting, ground: PlainGround(directory: outbox), name: "calamity")
        }

        /// - Parameter backlog: it commits while fewer packets than this wait
        func start(backlog: Int) async throws {
            starts += 1
            load = try await LoadProcess.start(life.command(round: starts, backlog: backlog))
        }

        func kill() async {
            guard let load else { return }
            let end = await load.kill()
            #expect(end == nil, "it ended by itself: \(load.log)")
            life.hear(load.told)
            self.load = nil
        }

        func putClock(by seconds: Int) throws {
            try Data("\(seconds)".utf8).write(to: clock, options: .atomic)
        }

        /// Returns when it has told enough; an end of its own is a failure.
        func wait(for what: String, _ isTold: (LoadProcess.Told) throws -> Bool) async throws {
            let load = try #require(load)
            let _: Bool = try await Poll.until(what, deadline: .seconds(60), every: .milliseconds(5)) {
                if let end = load.end { return .notYet("it ended with \(end): \(load.log)") }
                return try isTold(load.told)
                    ? .there(true) : .notYet("\(load.told.acknowledged.count) acknowledged, \(load.told.delivered) delivered; \(load.log)")
            }
        }

        func acknowledges(_ more: Int) async throws {
            let before = load?.acknowledged.count ?? 0
            try await wait(for: "\(more) acknowledgements") { $0.acknowledged.count >= before + more }
        }

        func delivers(_ more: Int) async throws {
            let before = load?.told.delivered ?? 0
            try await wait(for: "\(more) deliveries") { $0.delivered >= before + more }
        }

        /// A rule of the network has come to pass some times more.
        func meets(_ rule: NetworkRule.ID, _ more: Int) async throws {
            let before = city.cable.fired(rule)
            try await wait(for: "\(more) attempts that fail") { _ in self.city.cable.fired(rule) >= before + more }
        }

        /// The end of all of them.
        func expectEverythingOnce(atLeast count: Int) async throws {
            await kill()
            #expect(life.acknowledged.count >= count)
            let end = try await life.conclude(in: city)
            #expect(end.findings == Findings())
            #expect(end.whole == life.acknowledged.count)
            try await city.checkThatItLived()
        }
    }

    private func withKiosk(on disk: URL? = nil, _ body: (Kiosk) async throws -> Void) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let city = try await City(in: root.appending(path: "city"), mutant: nil, log: ProcessLog())
        do {
            try await city.start()
            let kiosk = try Kiosk(city, outbox: disk ?? root, root: root)
            do {
                try await body(kiosk)
            } catch {
                await kiosk.kill()
                throw error
            }
        } catch {
            await city.stop()
            throw error
        }
        await city.stop()
    }

    @Test(.timeLimit(.minutes(3))) func thePlatformIsKilledAgainAndAgain() async throws {
        try await withKiosk { kiosk in
            // Slow enough for a kill to fall into an upload.
            kiosk.city.cable.add(.throttle(.upstream, bytesPerSecond: 400_000))
            try await kiosk.start(backlog: 30)
            for _ in 1...5 {
                try await kiosk.delivers(3)
                try await kiosk.city.befall(.kill)
            }
            try await kiosk.delivers(3)
            kiosk.city.cable.removeAll()
            try await kiosk.expectEverythingOnce(atLeast: 5)
            #expect(await kiosk.city.tally.kills == 5)
        }
    }

    /// Every third day the kiosk is switched off and on, and takes more.
    @Test(.timeLimit(.minutes(3))) func theNetworkIsGoneForAMonth() async throws {
        try await withKiosk { kiosk in
            try await kiosk.start(backlog: 8)
            try await kiosk.delivers(3)
            let gone = kiosk.city.cable.add(.refuse)
            kiosk.city.cable.cut()
            for day in 1...30 {
                try kiosk.putClock(by: day * Self.day)
                if day % 3 == 1 {
                    await kiosk.kill()
                    // The submission that reached the bound before was at most three packets beyond it.
                    try await kiosk.start(backlog: 8 + 8 * (day / 3 + 1))
                    try await kiosk.acknowledges(1)
                }
                try await kiosk.meets(gone, 2)
            }
            #expect(try await kiosk.city.officer.applications().count < kiosk.life.acknowledged.count)
            kiosk.city.cable.remove(gone)
            try await kiosk.delivers(10)
            try await kiosk.expectEverythingOnce(atLeast: 11)
        }
    }

    /// No byte can be added for a while; what is there is kept, and what isn't is refused.
    @Test(.timeLimit(.minutes(3))) func theDiskIsFull() async throws {
        try await DiskBed.withDisk { disk, mount in
            try await withKiosk(on: URL(fileURLWithPath: mount)) { kiosk in
                try await kiosk.start(backlog: 1000)
                try await kiosk.acknowledges(3)
                try await disk.add(DiskRule(.write, failure: .noSpace))
                try await disk.add(DiskRule(.create, failure: .noSpace))
                let full = try #require(kiosk.load).refused
                try await kiosk.wait(for: "refusals") { $0.refused >= full + 5 }
                let kept = try #require(kiosk.load).acknowledged.count
                try await disk.clearRules()
                try await kiosk.acknowledges(3)
                #expect(try #require(kiosk.load).acknowledged.count > kept)
                try await kiosk.expectEverythingOnce(atLeast: 6)
            }
        }
    }

    /// Waiting for its next attempt, a packet finds that this lies four years ahead, or that it was two years ago.
    @Test(.timeLimit(.minutes(3))) func theClockJumpsByTwoYearsBothWays() async throws {
        try await withKiosk { kiosk in
            let cable = kiosk.city.cable
            // Only deliveries count as attempts, and no question is answered, which would have everything tried at once.
            let attempts = cable.add(.status(503), on: .requests(method: "POST", path: "/v1/uploads"))
            let rest = cable.add(.status(503), on: .requests())
            var backlog = 8
            for jump in [0, 2, -2, 2, 0, -2] {
                try kiosk.putClock(by: jump * 365 * Self.day)
                if kiosk.load != nil { try await kiosk.meets(attempts, 3) }
                await kiosk.kill()
                try await kiosk.start(backlog: backlog)
                try await kiosk.acknowledges(1)
                try await kiosk.meets(attempts, 3)
                backlog += 8
            }
            cable.remove(attempts)
            cable.remove(rest)
            try await kiosk.delivers(10)
            try kiosk.putClock(by: 0)
            try await kiosk.expectEverythingOnce(atLeast: 6)
        }
    }

    /// Of today the city has nothing any more, and hears of it again from a kiosk that is at work.
    @Test(.timeLimit(.minutes(3))) func thePlatformIsPutBackToYesterday() async throws {
        try await withKiosk { kiosk in
            let city = kiosk.city
            try await kiosk.start(backlog: 20)
            try await kiosk.delivers(12)
            try await kiosk.expectEverythingOnce(atLeast: 2)
            try await city.befall(.backUp)
            try await kiosk.expectEverythingOnce(atLeast: 2)
            let erased = kiosk.life.archived.count
            #expect(erased > 0, "yesterday's backup has it, and it is kept")

            try kiosk.putClock(by: Self.day)
            try await kiosk.start(backlog: 20)
            try await kiosk.delivers(30)
            city.cable.setOnline(false)
            let before = try await city.officer.applications().count
            try await city.befall(.restore)
            #expect(try await city.officer.applications().count < before, "the backup has what came after it")
            city.cable.setOnline(true)
            try await kiosk.delivers(30)
            try await kiosk.expectEverythingOnce(atLeast: before - 1)
            #expect(kiosk.life.archived.count == erased)
        }
    }
}
