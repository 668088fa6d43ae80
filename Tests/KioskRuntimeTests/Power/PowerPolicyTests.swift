import KioskModel
import KioskRuntime
import LocalAPI
import Testing

struct PowerPolicyTests {
    private func ups(_ conditions: [DeviceCondition], _ state: DeviceState = .ready, name: String = "ups") -> DeviceReport {
        let alarm = DeviceFault(code: "ups.alarm", action: .reset, detail: "an alarm")
        return DeviceReport(
            name: name, deviceClass: .powerSupply, state: state, fault: state == .needsTechnician ? alarm : nil, conditions: conditions)
    }

    private func battery(_ charge: Int?, _ runtime: Int?, low: Bool = false) -> [DeviceCondition] {
        [DeviceCondition(.onBattery, charge)] + (runtime.map { [DeviceCondition(.batteryRuntime, $0)] } ?? [])
            + (low ? [DeviceCondition(.batteryLow)] : [])
    }

    @Test func `a kiosk without a power supply goes on`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        policy.update([DeviceReport(name: "reader", deviceClass: .idCardReader, state: .absent)])
        #expect(policy.advice == .goOn && !policy.isUncertain)
    }

    @Test func `it closes below the minimum, ends when the battery is low, and opens with the mains alone`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        for (conditions, advice) in [
            ([], PowerPolicy.Advice.goOn), (battery(90, 301), .goOn), (battery(80, 300), .goOn), (battery(79, 299), .close),
            (battery(79, 400), .close), (battery(9, 60, low: true), .end), (battery(12, 350), .close), ([], .goOn),
            ([DeviceCondition(.batteryLow)], .end), ([DeviceCondition(.batteryWorn)], .goOn),
        ] {
            policy.update([ups(conditions)])
            #expect(policy.advice == advice, "\(conditions)")
        }
    }

    @Test func `a power supply that tells no time is judged by its charge`() {
        for (charge, advice) in [(50, PowerPolicy.Advice.goOn), (49, .close), (nil, .close)] as [(Int?, PowerPolicy.Advice)] {
            var policy = PowerPolicy(minimumRuntime: 300)
            policy.update([ups(battery(charge, nil))])
            #expect(policy.advice == advice)
        }
    }

    @Test func `one that falls silent is believed for a while`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        policy.update([ups([], .absent)])
        #expect(policy.advice == .goOn && !policy.isUncertain, "silent from the beginning")
        policy.update([ups(battery(20, 100), .needsTechnician)])
        policy.update([ups([], .absent)])
        #expect(policy.advice == .close && policy.isUncertain)
        var answered = policy
        answered.update([ups(battery(5, 20, low: true))])
        #expect(answered.advice == .end && !answered.isUncertain)
        answered.forget()
        #expect(answered.advice == .end)
        policy.forget()
        #expect(policy.advice == .goOn && !policy.isUncertain)
    }

    @Test func `one that starts on a battery about to end stays closed until the mains are back`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        policy.update([ups([], .starting)])
        for _ in 0..<2 {
            policy.update([ups(battery(5, 20, low: true))])
            #expect(policy.advice == .close)
        }
        policy.update([ups([])])
        #expect(policy.advice == .goOn)
        policy.update([ups(battery(5, 20, low: true))])
        #expect(policy.advice == .end, "this run has seen the mains")
    }

    @Test func `a fault that isn't the UPS's own report tells nothing of the mains`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        policy.update([ups(battery(20, 100))])
        for code in ["ups.access", "ups.unknown", "ups.no-status"] {
            let fault = DeviceFault(code: code, action: .configure, detail: "nobody heard it")
            policy.update([DeviceReport(name: "ups", deviceClass: .powerSupply, state: .needsTechnician, fault: fault)])
            #expect(policy.advice == .close && policy.isUncertain, "\(code)")
        }
        policy.update([ups([], .needsTechnician)])
        #expect(policy.advice == .goOn && !policy.isUncertain)
    }

    @Test func `that a battery carries the kiosk is known before it closes, and when it is over`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        for (conditions, isOnBattery) in [([], false), (battery(90, 900), true), (battery(60, 100), true), ([], false)] as [([DeviceCondition], Bool)]
        {
            policy.update([ups(conditions)])
            #expect(policy.isOnBattery == isOnBattery)
        }
        policy.update([ups(battery(90, 900))])
        policy.update([ups([], .absent)])
        #expect(policy.isOnBattery && policy.isUncertain && policy.advice == .goOn, "nobody says that the mains are back")
        policy.forget()
        #expect(!policy.isOnBattery)
    }

    @Test func `of two the worse has the say`() {
        var policy = PowerPolicy(minimumRuntime: 300)
        policy.update([ups([], name: "a"), ups([], name: "b")])
        policy.update([ups([], name: "a"), ups(battery(9, 10, low: true), name: "b")])
        #expect(policy.advice == .end)
        policy.update([ups([], name: "a"), ups([], .offline, name: "b")])
        #expect(policy.advice == .end && policy.isUncertain)
    }
}
