internal import CodeScannerShim
internal import KioskModel

/// The line to the scanner failed, or there is none: one case for each code of the shim.
enum ScannerFailure: Error, Equatable {
    /// No whole code yet.
    case timeout
    /// A code longer than any that kioskd takes.
    case tooLong
    case gone, access, busy, system
    /// The port can't be what the configuration says: why, in one sentence.
    case configuration(String)

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_CODE_TIMEOUT: .timeout
            case KIOSK_CODE_TOO_LONG: .tooLong
            case KIOSK_CODE_GONE: .gone
            case KIOSK_CODE_ACCESS: .access
            case KIOSK_CODE_BUSY: .busy
            case KIOSK_CODE_ARGUMENT: .configuration("port= names no tty")
            default: .system
            }
    }

    /// What the citizen can do about it; nil when it takes a technician.
    var remedy: CitizenRemedy? {
        switch self {
        case .timeout, .tooLong: .showCodeAgain
        case .gone, .access, .busy, .system, .configuration: nil
        }
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout, .tooLong: DeviceFault(code: "codeScanner.no-code", action: .reset, detail: "the scanner sent no code that can be taken")
        case .gone:
            DeviceFault(code: "codeScanner.absent", action: .replug, detail: "no such scanner is plugged in, or it was unplugged")
        case .access:
            DeviceFault(
                code: "codeScanner.access", action: .configure,
                detail: "this user may not open the scanner: a tty needs the group dialout, a hidraw node a udev rule for its vendor and product")
        case .busy: DeviceFault(code: "codeScanner.busy", action: .configure, detail: "another process holds the scanner")
        case .system: DeviceFault(code: "codeScanner.io-error", action: .replug, detail: "a system call on the scanner's port failed")
        case .configuration(let detail): DeviceFault(code: "codeScanner.configuration", action: .configure, detail: detail)
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .configuration: .needsTechnician
        case .timeout, .tooLong, .system: .offline
        }
    }
}
