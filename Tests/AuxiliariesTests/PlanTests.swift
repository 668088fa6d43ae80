import AuxiliariesShim
import DeviceLink
import KioskModel
import Testing

@testable import Auxiliaries

struct PlanTests {
    @Test func pinsAreReadInTheOrderOfTheirNames() throws {
        let plan = try BoardPlan(options: ["chip": "gpiochip0", "out.reader-light": "3", "out.buzzer": "4", "in.cabinet": "6:low", "debounce": "20"])
        #expect(plan.outputs.map(\.name) == ["buzzer", "reader-light"] && plan.inputs.map(\.sensor) == [.cabinetOpen])
        #expect(plan.pins.map(\.offset) == [4, 3, 6] && plan.pins.map(\.is_active_low) == [false, false, true])
        #expect(plan.pins.map(\.is_output) == [true, true, false] && plan.debounce == .milliseconds(20))
    }

    @Test(arguments: [
        (["out.buzzer": "4"], "chip="), (["chip": "x"], "1 to 32 pins"), (["chip": "x", "in.nose": "1"], "in.cabinet="),
        (["chip": "x", "in.call": "1:high"], ":low"), (["chip": "x", "in.call": "-1"], ":low"), (["chip": "x", "out.Light": "1"], "small letters"),
        (["chip": "x", "out.a": "1", "in.call": "1"], "twice"), (["chip": "x", "out.a": "1", "debounce": "0"], "debounce="),
        (["chip": "x", "out.a": "1", "inn.call": "2"], "inn.call="),
    ])
    func everyWrongOptionIsNamedWithWhatToWrite(_ options: [String: String], _ word: String) {
        let fault = #expect(throws: DeviceFault.self) { try AuxiliariesDriver(HostServices(options: options)) }
        #expect(fault?.code == "auxiliaries.configuration" && fault?.detail.contains(word) == true, "\(fault?.detail ?? "")")
    }
}
