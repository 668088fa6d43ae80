internal import AuxiliariesShim
internal import KioskModel

/// Why the pins can't be used. One case for each code of the shim; the one table of them.
enum GPIOFailure: Error, Equatable {
    case timeout, gone, access, busy, pin, system

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_GPIO_TIMEOUT: .timeout
            case KIOSK_GPIO_GONE: .gone
            case KIOSK_GPIO_ACCESS: .access
            case KIOSK_GPIO_BUSY: .busy
            case KIOSK_GPIO_ARGUMENT: .pin
            default: .system
            }
    }

    @discardableResult
    static func check(_ result: Int32) throws(GPIOFailure) -> Int32 {
        guard result >= 0 else { throw GPIOFailure(code: result) }
        return result
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout: fault("no-reply", .reset, "the board doesn't answer")
        case .gone: fault("absent", .replug, "there is no such GPIO chip, or it was unplugged: chip= needs a label or name that gpiodetect prints")
        case .access: fault("access", .configure, "this user may not open the GPIO chip: it needs the group gpio or a udev rule")
        case .busy: fault("busy", .configure, "one of the pins is another's: gpioinfo says whose")
        case .pin: fault("configuration", .configure, "the chip has no such pin, or the pin can't be an output or tell its edges: see gpioinfo")
        case .system: fault("io-error", .replug, "a system call on the GPIO chip failed")
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .pin: .needsTechnician
        case .timeout, .system: .offline
        }
    }

    private func fault(_ name: String, _ action: RepairAction, _ detail: String) -> DeviceFault {
        DeviceFault(code: "auxiliaries.\(name)", action: action, detail: detail)
    }
}
