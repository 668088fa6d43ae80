internal import @Name@Shim
internal import KioskModel

/// What can be wrong with the @words@: one case for each code of the shim.
enum @Name@Failure: Error, Equatable {
    /// Nothing came.
    case timeout
    /// Bytes came, and no answer among them.
    case garbled
    case gone, access, busy, system
    /// The port can't be what the configuration says: why, in one sentence.
    case configuration(String)

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_@C@_TIMEOUT: .timeout
            case KIOSK_@C@_GARBLED: .garbled
            case KIOSK_@C@_GONE: .gone
            case KIOSK_@C@_ACCESS: .access
            case KIOSK_@C@_BUSY: .busy
            case KIOSK_@C@_ARGUMENT: .configuration("port= names no tty, or baud= is none of 9600, 19200, 38400, 57600 and 115200")
            default: .system
            }
    }

    /// Whether the answer may still come: the device was silent, or disturbed.
    var isSilence: Bool { self == .timeout || self == .garbled }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout: DeviceFault(code: "@name@.no-reply", action: .reset, detail: "the device does not answer")
        case .garbled:
            DeviceFault(code: "@name@.garbled-reply", action: .reset, detail: "what comes is no answer: another speed, or a disturbed line")
        case .gone: DeviceFault(code: "@name@.absent", action: .replug, detail: "the tty doesn't exist, or hung up")
        case .access: DeviceFault(code: "@name@.access", action: .configure, detail: "this user may not open the tty: it needs the group dialout")
        case .busy: DeviceFault(code: "@name@.busy", action: .configure, detail: "another process holds the tty")
        case .system: DeviceFault(code: "@name@.io-error", action: .replug, detail: "a system call on the tty failed")
        case .configuration(let detail): DeviceFault(code: "@name@.configuration", action: .configure, detail: detail)
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .configuration: .needsTechnician
        case .timeout, .garbled, .system: .offline
        }
    }
}
