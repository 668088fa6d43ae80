import Bench
import DeviceLink
import KioskModel
import PowerSupplyShim
import Testing

@testable import PowerSupply

struct PowerSupplyTests {
    @Test(arguments: [
        ("kiosk", "kiosk", "127.0.0.1", 3493), ("kiosk@ups.local", "kiosk", "ups.local", 3493), ("a@127.0.0.1:34930", "a", "127.0.0.1", 34930),
        ("a@[::1]:3494", "a", "::1", 3494), ("a@[::1]", "a", "::1", 3493), ("a@::1", "a", "::1", 3493),
    ])
    func anAddressIsReadAsUpscReadsIt(_ text: String, _ name: String, _ host: String, _ port: Int) throws {
        let address = try UPSAddress(options: ["ups": text])
        #expect(address.name == name && address.host == host && address.port == port)
    }

    @Test(arguments: ["", "@host", "a@", "a@h:0", "a@h:70000", "a@h:x", "a b@h", "a\nLOGOUT@h", "a@h@i", "a\"@h"])
    func everyWrongAddressIsRefusedWithWhatToWrite(_ text: String) {
        let fault = #expect(throws: DeviceFault.self) { try PowerSupplyDriver(options: ["ups": text]) }
        #expect(
            fault?.code == "ups.configuration" && fault?.detail.contains("ups=kiosk@127.0.0.1") == true || fault?.detail.contains("65535") == true)
    }

    @Test func everyFlagHasAMeaning() {
        let words = ["OL", "OB", "LB", "RB", "OFF", "BYPASS", "FSD", "CHRG", "DISCHRG", "ALARM", "OVER", "COMMBAD", "WAIT", "CAL", "TRIM"]
        #expect(words.count == Int(KIOSK_UPS_FLAGS))
        for (bit, word) in words.enumerated() { #expect(kiosk_ups_status(word) == 1 << bit) }
        #expect(kiosk_ups_status("NOCOMM BOOST") == UInt32(KIOSK_UPS_COMMUNICATION_LOST | KIOSK_UPS_TRIMMING))
        #expect(kiosk_ups_status("  OB  ECO LB OBX ") == UInt32(KIOSK_UPS_ON_BATTERY | KIOSK_UPS_LOW_BATTERY))
    }

    @Test func onlyOnBatteryItTellsHowLongItLasts() {
        func conditions(_ status: String, _ charge: String?, _ runtime: String?) -> [String] {
            var variables = ["ups.status": status]
            variables["battery.charge"] = charge
            variables["battery.runtime"] = runtime
            return UPSReport(variables: variables).status.conditions.map(\.description)
        }
        #expect(conditions("OL", "100", "1800").isEmpty)
        #expect(conditions("OB DISCHRG", "57.9", "899.9") == ["onBattery 57", "batteryRuntime 899"])
        #expect(conditions("OB", nil, nil) == ["onBattery"])
        #expect(conditions("OB LB", "nan", "1e300") == ["onBattery", "batteryRuntime 604800", "batteryLow"])
        #expect(conditions("OB RB", "-3", "-1") == ["onBattery 0", "batteryRuntime 0", "batteryWorn"])
        #expect(conditions("FSD OL", "100", "1800") == ["batteryLow"])
        for empty in ["", " "] {
            #expect(UPSReport(variables: ["ups.status": empty, "battery.charge": "5"]).status.fault?.code == "ups.no-status")
        }
        #expect(conditions("OL CHRG LB", "8", "120") == [])
        // What it knows it tells beside the fault.
        let off = UPSReport(variables: ["ups.status": "OB LB ALARM", "battery.charge": "5"]).status
        #expect(off.fault?.code == "ups.alarm" && off.conditions.map(\.description) == ["onBattery 5", "batteryLow"])
    }

    @Test(arguments: [
        (KIOSK_UPS_TIMEOUT, "ups.no-reply", DeviceState.offline), (KIOSK_UPS_GONE, "ups.server-unreachable", .offline),
        (KIOSK_UPS_STALE, "ups.absent", .absent), (KIOSK_UPS_NO_DRIVER, "ups.driver-not-connected", .offline),
        (KIOSK_UPS_UNKNOWN, "ups.configuration", .needsTechnician), (KIOSK_UPS_ACCESS, "ups.access", .needsTechnician),
        (KIOSK_UPS_REFUSED, "ups.refused", .offline), (KIOSK_UPS_PROTOCOL, "ups.unexpected-reply", .offline),
        (KIOSK_UPS_MEMORY, "ups.io-error", .offline),
    ])
    func everyCodeOfTheShimHasItsFault(_ code: Int, _ fault: String, _ state: DeviceState) {
        let failure = UPSFailure(code: Int32(code))
        #expect(failure.fault.code == fault && failure.state == state)
    }

    @Test func linesAreReadAsTheServerWritesThem() {
        func decode(_ line: String) -> (Int32, String, String) {
            var variable = kiosk_ups_variable()
            let result = kiosk_ups_decode(line, "kiosk", &variable)
            func text<Characters>(_ characters: Characters) -> String {
                withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            }
            return (result, text(variable.name), text(variable.value))
        }
        #expect(decode("VAR kiosk battery.charge \"85\"") == (Int32(KIOSK_UPS_VARIABLE), "battery.charge", "85"))
        #expect(decode("VAR kiosk ups.model \"a \\\"b\\\" \\\\c\"") == (Int32(KIOSK_UPS_VARIABLE), "ups.model", "a \"b\" \\c"))
        #expect(decode("VAR kiosk ups.load \"\"").0 == KIOSK_UPS_VARIABLE)
        #expect(decode("BEGIN LIST VAR kiosk").0 == KIOSK_UPS_BEGIN && decode("END LIST VAR kiosk").0 == KIOSK_UPS_END)
        for (word, code) in [
            ("DATA-STALE", KIOSK_UPS_STALE), ("DRIVER-NOT-CONNECTED", KIOSK_UPS_NO_DRIVER), ("UNKNOWN-UPS", KIOSK_UPS_UNKNOWN),
            ("ACCESS-DENIED", KIOSK_UPS_ACCESS), ("FEATURE-NOT-CONFIGURED", KIOSK_UPS_REFUSED), ("", KIOSK_UPS_REFUSED),
        ] { #expect(Int(decode("ERR \(word)").0) == code) }
        for line in [
            "", "VAR other ups.status \"OL\"", "VAR kiosk ups.status OL", "VAR kiosk ups.status \"OL", "VAR kiosk ups.status \"OL\" x",
            "VAR kiosk  \"OL\"",
            "VAR kiosk x \"\\", "END LIST VAR other", "BEGIN LIST RW kiosk", "OK",
        ] { #expect(Int(decode(line).0) == KIOSK_UPS_PROTOCOL, "\(line)") }
    }

    @Test(arguments: [
        // No line ever ends, the list doesn't, and a line is longer than any.
        ("BEGIN LIST VAR kiosk\nVAR kiosk ups.status \"", "x", KIOSK_UPS_TIMEOUT),
        ("BEGIN LIST VAR kiosk\n", "VAR kiosk ups.load \"5\"\n", KIOSK_UPS_TIMEOUT),
        (String(repeating: "x", count: 600), "", KIOSK_UPS_PROTOCOL),
    ])
    func aServerThatGoesOnForEverIsLeftAtTheDeadline(_ start: String, _ drop: String, _ code: Int) throws {
        let server = try TricklingServer(start: start, drop: drop)
        defer { server.stop() }
        var variables = [kiosk_ups_variable](repeating: kiosk_ups_variable(), count: 8)
        let began = ContinuousClock.now
        let result = kiosk_ups_read("127.0.0.1", server.port, "kiosk", &variables, variables.count, 700)
        #expect(Int(result) == code)
        #expect(ContinuousClock.now - began < .seconds(5), "a patience for each byte would have lasted ten seconds")
    }
}
