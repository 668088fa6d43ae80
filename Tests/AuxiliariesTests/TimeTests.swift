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

    @Test func aSensorIsBelievedWhenTwoLooksAgree() {
        var sensor = Debouncer(isActive: false, pause: .milliseconds(50))
        sensor.edge(at: at(0))
        sensor.edge(at: at(30))
        #expect(sensor.due == at(50))
        #expect(!sensor.look(true, at: at(50)) && sensor.due == at(100))
        #expect(sensor.look(true, at: at(100)))
        #expect(sensor.isActive && sensor.due == nil)
    }

    @Test func aSensorThatFlapsBackIsNoNews() {
        var sensor = Debouncer(isActive: true, pause: .milliseconds(50))
        sensor.edge(at: at(0))
        #expect(!sensor.look(false, at: at(50)))
        #expect(!sensor.look(true, at: at(100)))
        #expect(sensor.isActive && sensor.due == nil)
        sensor.edge(at: at(110))
        #expect(!sensor.look(false, at: at(160)) && sensor.due != nil)
    }
}
