internal import KioskModel
internal import PowerSupplyShim

/// Nothing is known of the UPS. One case for each code of the shim; the one table of them.
enum UPSFailure: Error, Equatable {
    case timeout, unreachable, stale, noDriver, unknown, access, refused, protocolBroken, system

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_UPS_TIMEOUT: .timeout
            case KIOSK_UPS_GONE: .unreachable
            case KIOSK_UPS_STALE: .stale
            case KIOSK_UPS_NO_DRIVER: .noDriver
            case KIOSK_UPS_UNKNOWN: .unknown
            case KIOSK_UPS_ACCESS: .access
            case KIOSK_UPS_REFUSED: .refused
            case KIOSK_UPS_PROTOCOL: .protocolBroken
            default: .system
            }
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout: fault("no-reply", .reset, "upsd doesn't answer in time")
        case .unreachable: fault("server-unreachable", .reset, "upsd can't be reached: is nut-server running, and does ups= name its address?")
        case .stale: fault("absent", .replug, "the UPS no longer answers its driver: its cable is out, or it is off (DATA-STALE)")
        case .noDriver: fault("driver-not-connected", .reset, "upsd runs without the driver of this UPS (DRIVER-NOT-CONNECTED)")
        case .unknown: fault("configuration", .configure, "upsd knows no UPS of that name: ups= needs the one in square brackets of ups.conf")
        case .access: fault("access", .configure, "upsd doesn't let this machine ask (ACCESS-DENIED)")
        case .refused: fault("refused", .reset, "upsd refused to list the variables of the UPS")
        case .protocolBroken: fault("unexpected-reply", .reset, "what answers at that address isn't upsd")
        case .system: fault("io-error", .reset, "a call of the library upsclient failed")
        }
    }

    var state: DeviceState {
        switch self {
        case .stale: .absent
        case .unknown, .access: .needsTechnician
        case .timeout, .unreachable, .noDriver, .refused, .protocolBroken, .system: .offline
        }
    }

    private func fault(_ name: String, _ action: RepairAction, _ detail: String) -> DeviceFault {
        DeviceFault(code: "ups.\(name)", action: action, detail: detail)
    }
}
