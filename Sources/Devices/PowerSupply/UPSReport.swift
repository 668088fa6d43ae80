internal import DeviceLink
internal import KioskModel
internal import PowerSupplyShim

/// What the variables of a UPS mean for the kiosk.
struct UPSReport {
    /// In the words of Network UPS Tools: `battery.charge`.
    var variables: [String: String]

    /// The one table of what the flags of ups.status mean. The first fault has the say.
    private enum Meaning {
        case nothing
        case condition(DeviceCondition.Kind)
        case fault(DeviceState, String, RepairAction, String)
    }

    private static let table: [(flag: Int, meaning: Meaning)] = [
        (KIOSK_UPS_COMMUNICATION_LOST, .fault(.absent, "absent", .replug, "the UPS no longer answers its driver: its cable is out, or it is off")),
        (KIOSK_UPS_WAITING, .fault(.offline, "starting", .reset, "the driver of the UPS has nothing to tell yet (WAIT)")),
        (KIOSK_UPS_OFF, .fault(.needsTechnician, "off", .reset, "the output of the UPS is switched off: the kiosk runs without it")),
        (KIOSK_UPS_BYPASS, .fault(.needsTechnician, "bypass", .reset, "the UPS is bypassed: a power cut would reach the kiosk")),
        (KIOSK_UPS_OVERLOADED, .fault(.needsTechnician, "overloaded", .configure, "more hangs on the UPS than it can bear")),
        (KIOSK_UPS_ALARM, .fault(.needsTechnician, "alarm", .reset, "the UPS raises an alarm; its display says which")),
        // Their numbers come from other variables.
        (KIOSK_UPS_ON_BATTERY, .condition(.onBattery)),
        (KIOSK_UPS_LOW_BATTERY, .condition(.batteryLow)),
        // Somebody has told upsd to shut everything down: no matter how full the battery is.
        (KIOSK_UPS_FORCED_SHUTDOWN, .condition(.batteryLow)),
        (KIOSK_UPS_REPLACE_BATTERY, .condition(.batteryWorn)),
        (KIOSK_UPS_ONLINE, .nothing), (KIOSK_UPS_CHARGING, .nothing), (KIOSK_UPS_DISCHARGING, .nothing), (KIOSK_UPS_CALIBRATING, .nothing),
        (KIOSK_UPS_TRIMMING, .nothing),
    ]

    var status: DeviceStatus {
        guard let text = variables["ups.status"], text.contains(where: { !$0.isWhitespace }) else {
            let fault = DeviceFault(
                code: "ups.no-status", action: .configure, detail: "the driver of the UPS tells no ups.status: it is no driver for it")
            return DeviceStatus(state: .needsTechnician, fault: fault, identity: identity)
        }
        var flags = kiosk_ups_status(text)
        // LB beside OL is a battery that recharges or is worn: the kiosk needn't end for it.
        if flags & UInt32(KIOSK_UPS_ON_BATTERY) == 0 { flags &= ~UInt32(KIOSK_UPS_LOW_BATTERY) }
        let meanings = Self.table.filter { flags & UInt32($0.flag) != 0 }.map(\.meaning)
        let conditions = meanings.flatMap { meaning -> [DeviceCondition] in
            guard case .condition(let kind) = meaning else { return [] }
            return kind == .onBattery ? battery : [DeviceCondition(kind)]
        }
        for case .fault(let state, let name, let action, let detail) in meanings {
            let fault = DeviceFault(code: "ups.\(name)", action: action, detail: detail)
            return DeviceStatus(state: state, fault: fault, identity: identity, conditions: conditions)
        }
        return DeviceStatus(state: .ready, identity: identity, conditions: conditions)
    }

    /// How long it will last. Told only on battery: on the mains the numbers change without telling anything.
    private var battery: [DeviceCondition] {
        let charge = DeviceCondition(.onBattery, number("battery.charge", upTo: 100))
        guard let runtime = number("battery.runtime", upTo: LinkBounds.maxConditionValue) else { return [charge] }
        return [charge, DeviceCondition(.batteryRuntime, runtime)]
    }

    /// Rounded down: a battery is never promised longer than it lasts.
    private func number(_ name: String, upTo most: Int) -> Int? {
        guard let text = variables[name], let value = Double(text), value.isFinite else { return nil }
        return Int(min(max(value, 0), Double(most)))
    }

    private var identity: [String: String] {
        let names = [
            ("vendor", ["ups.mfr", "device.mfr"]), ("model", ["ups.model", "device.model"]), ("serial", ["ups.serial", "device.serial"]),
            ("firmware", ["ups.firmware"]), ("driver", ["driver.name"]),
        ]
        return names.reduce(into: [:]) { identity, entry in
            identity[entry.0] = entry.1.lazy.compactMap { variables[$0] }.first { !$0.isEmpty }
        }
    }
}
