import BadNetwork
import Bench
import Foundation
import PlatformAPI
import QueueLoad
import SeededRandom
import Testing

@testable import chaos

/// What befalls a kiosk and its platform beside the blows, each by itself, over real processes.
@Suite(.serialized) struct LifeTests {
    private static let seed: UInt64 = 23

    /// A kiosk on an ordinary file system and its city, which runs.
    private func withLife(quota: Int = 0, _ body: (inout KioskLife, City) async throws -> Void) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let city = try await City(in: root.appending(path: "city"), mutant: nil, log: ProcessLog())
        let ground = PlainGround(directory: root.appending(path: "disk"))
        do {
            try await ground.prepare()
            try await city.start()
            let setting = KioskLife.Setting(layout: city.layout, port: city.cable.port, seed: Self.seed, quota: quota)
            var life = KioskLife(setting: setting, ground: ground, name: "test")
            try await body(&life, city)
            try await city.checkThatItLived()
        } catch {
            await city.stop()
            throw error
        }
        await city.stop()
    }

    /// Kills with seeds of their own, until something more was acknowledged.
    private func acknowledge(_ life: inout KioskLife) async throws {
        let before = life.acknowledged.count
        for number in 1...40 where life.acknowledged.count == before {
            _ = try await life.strike(SeededGenerator(seed: UInt64(number)), backlog: 1000)
        }
        #expect(life.acknowledged.count > before)
    }

    private func expectEnd(_ life: inout KioskLife, in city: City) async throws {
        let end = try await life.conclude(in: city)
        #expect(end.findings == Findings())
        #expect(end.whole == life.acknowledged.count)
    }

    @Test(.timeLimit(.minutes(3))) func aPlatformThatIsPutBackHearsOfTheRest() async throws {
        try await withLife { life, city in
            try await acknowledge(&life)
            #expect(try await life.conclude(in: city).findings == Findings())
            try await city.befall(.backUp)
            #expect(await city.history.backedUp > 0)
            // Hears of the backup, and erases.
            try await expectEnd(&life, in: city)
            let erased = life.archived.count
            #expect(erased > 0)
            try await acknowledge(&life)
            try await expectEnd(&life, in: city)
            try await city.befall(.restore)
            let history = await city.history
            #expect(history.wasRestored)
            #expect(try await city.officer.applications().count < life.acknowledged.count, "the backup has what came after it")
            try await expectEnd(&life, in: city)
            #expect(life.archived.count == erased)
        }
    }

    @Test(.timeLimit(.minutes(3))) func whatIsCarriedByHandComesOnce() async throws {
        try await withLife { life, city in
            city.cable.setOnline(false)
            try await acknowledge(&life)
            #expect(await life.look(PlatformHistory()) == Findings())
            #expect(try await life.receive(.stick, from: city) == Findings())
            #expect(try await city.packets().count > life.acknowledged.count)
            city.cable.setOnline(true)
            try await expectEnd(&life, in: city)
        }
    }

    /// The look at an import must be able to fail: this platform never enrolled the kiosk whose outbox it is given.
    @Test(.timeLimit(.minutes(3))) func anImportThatTakesNothingIsSaid() async throws {
        try await withLife { life, city in
            city.cable.setOnline(false)
            try await acknowledge(&life)
            try await withLife { _, stranger in
                let carried = try await Technician(setting: life.setting, outbox: life.ground.outbox).carry(to: stranger)
                #expect(carried.lost.count > life.acknowledged.count)
            }
        }
    }

    @Test(.timeLimit(.minutes(3))) func aLostDatabaseIsMadeAnewWithoutWhatWasErased() async throws {
        try await withLife { life, city in
            try await acknowledge(&life)
            #expect(try await life.conclude(in: city).findings == Findings())
            try await city.befall(.backUp)
            try await expectEnd(&life, in: city)
            try await acknowledge(&life)
            #expect(await life.look(await city.history) == Findings())
            #expect(!life.archived.isEmpty)
            #expect(try await life.receive(.lostDatabase, from: city) == Findings())
            try await expectEnd(&life, in: city)
        }
    }

    @Test(.timeLimit(.minutes(3))) func aQuotaFillsAndABackupEmptiesIt() async throws {
        try await withLife(quota: 1 << 20) { life, city in
            var full = 0
            for number in 1...200 where full == 0 {
                full = try await life.strike(SeededGenerator(seed: UInt64(number)), backlog: 1000).told.full
            }
            #expect(full > 0)
            let before = life.acknowledged.count
            try await expectEnd(&life, in: city)
            try await city.befall(.backUp)
            try await expectEnd(&life, in: city)
            try await acknowledge(&life)
            #expect(life.acknowledged.count > before)
            try await expectEnd(&life, in: city)
        }
    }

    @Test func everyRuleOfTheWeatherIsOne() {
        for rule in Weather.rules { #expect(rule.mistake == nil) }
    }

    @Test func aSeedDrawsTheSameTurnsAndAllOfThem() {
        func turns() -> [String] {
            var generator = SeededGenerator(seed: 3)
            return (1...400).map { round in
                let turn = Turn(&generator, round: round)
                return "\(turn.platform) \(turn.visit) \(turn.isSeen) \(turn.weather.isOffline) \(turn.weather.rule.map { "\($0)" } ?? "fair")"
            }
        }
        let drawn = turns()
        #expect(drawn == turns())
        for word in ["nothing ", "kill ", "backUp ", "restore ", "nobody", "stick", "lostDatabase", "fair"] {
            #expect(drawn.contains { $0.contains(word) }, "\(word)")
        }
    }

    @Test func aReceiptIsHeardWithItsBlanks() {
        var told = LoadProcess.Told()
        let lines = ["acknowledged Q1-a-1", "receipt Q1-a-1 CKR1:A  B C", "refused Q1-a-2 outbox.full", "refused Q1-a-3 outbox.disk-full"]
        for line in lines { told.take(line) }
        #expect(told.acknowledged == ["Q1-a-1"] && told.receipts == ["Q1-a-1": "CKR1:A  B C"])
        #expect(told.refused == 2 && told.full == 1 && told.others.isEmpty)
    }
}
