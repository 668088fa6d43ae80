@testable import KioskRuntime
import Testing

struct ReplacementPaceTests {
    @Test func theFirstDeathIsMendedAtOnceAndTheNextEverMoreSlowly() {
        var pace = ReplacementPace(stable: .seconds(60))
        let pauses = (0..<12).map { _ in pace.pause(afterUptime: .seconds(1), chance: 1) }
        #expect(pauses[0] <= .milliseconds(100))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses[1] == .seconds(1))
        #expect(pauses[11] == .seconds(300))
        #expect(pace.isBroken)
    }

    @Test func chanceTakesAwayAtMostHalf() {
        var pace = ReplacementPace(stable: .seconds(60))
        _ = pace.pause(afterUptime: .zero, chance: 0)
        #expect(pace.pause(afterUptime: .zero, chance: 0) == .milliseconds(500))
    }

    @Test func aStableMinuteForgivesEverything() {
        var pace = ReplacementPace(stable: .seconds(60))
        for _ in 0..<9 { _ = pace.pause(afterUptime: .zero, chance: 0.5) }
        #expect(pace.pause(afterUptime: .seconds(60), chance: 0.5) == ReplacementPace.first)
        #expect(!pace.isBroken)
    }

    /// Killed every ten seconds: the device is there at least half of the time.
    @Test func aHostThatWasUpForAWhileWaitsNoLongerThanThat() {
        var pace = ReplacementPace(stable: .seconds(60))
        let pauses = (0..<50).map { _ in pace.pause(afterUptime: .seconds(10), chance: 1) }
        #expect(pauses.max() == .seconds(10))
        #expect(pace.isBroken, "and it is said")
    }

    @Test func aBucketAdmitsABurstAndThenItsRate() {
        var limit = RateLimit(burst: 3, perSecond: 2)
        let start = ContinuousClock.now
        let offsets: [Duration] = [.zero, .zero, .zero, .zero, .milliseconds(400), .milliseconds(600), .milliseconds(700)]
        let admitted = offsets.map { limit.admit(at: start + $0) }
        #expect(admitted == [true, true, true, false, false, true, false])
    }
}
