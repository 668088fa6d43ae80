import DeviceLink
import Testing

@testable import Auxiliaries

/// The two values that are told the time.
struct TimeTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func aBlinkingGoesOnAndALateChangeIsNotMadeUpFor() {
        var light = Blinker()
        light.begin(.blink(period: 200), at: at(0))
        #expect(light.isOn && light.due == at(200))
        light.advance(to: at(199))
        #expect(light.isOn)
        light.advance(to: at(205))
        #expect(!light.isOn && light.due == at(405))
        light.advance(to: at(2000))
        #expect(light.isOn && light.due == at(2200))
        light.begin(.off, at: at(2100))
        #expect(!light.isOn && light.due == nil)
    }

    @Test func aPulseEndsByItselfAndOnDoesNot() {
        var buzzer = Blinker()
        buzzer.begin(.pulse(50), at: at(0))
        buzzer.advance(to: at(50))
        #expect(!buzzer.isOn && buzzer.due == nil)
        buzzer.begin(.on, at: at(60))
        buzzer.advance(to: at(100_000))
        #expect(buzzer.isOn && buzzer.due == nil)
    }

    /// What each look makes of a sensor that began as `isActive` and had an edge: whether it is news, and what is believed then.
    private func looks(_ levels: [Bool], from isActive: Bool) -> (news: [Bool], sensor: Debouncer) {
        var sensor = Debouncer(isActive: isActive, pause: .milliseconds(50))
        sensor.edge(at: at(0))
        sensor.edge(at: at(30))
        var news: [Bool] = []
        for level in levels {
            guard let due = sensor.due else { break }
            #expect(due == at(50 * (news.count + 1)))
            news.append(sensor.look(level, at: due))
        }
        return (news, sensor)
    }

    @Test func aSensorIsBelievedWhenTwoLooksAgree() {
        let (news, sensor) = looks([true, true], from: false)
        #expect(news == [false, true] && sensor.isActive && sensor.due == nil)
    }

    @Test func aSensorThatFlapsBackIsNoNews() {
        let (news, sensor) = looks([false, true, false], from: true)
        #expect(news == [false, false] && sensor.isActive && sensor.due == nil)
        let (again, other) = looks([false], from: true)
        #expect(again == [false] && other.isActive && other.due != nil)
    }
}
