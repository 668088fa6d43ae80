internal import KeypadShim
internal import KioskModel

/// Why a keypad can't be read. One case for each code of the shim; the one table of them.
enum KeypadFailure: Error, Equatable {
    case timeout, gone, access, busy, notInput, several, system

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_KEYPAD_TIMEOUT: .timeout
            case KIOSK_KEYPAD_GONE: .gone
            case KIOSK_KEYPAD_ACCESS: .access
            case KIOSK_KEYPAD_BUSY: .busy
            case KIOSK_KEYPAD_ARGUMENT: .notInput
            case KIOSK_KEYPAD_AMBIGUOUS: .several
            default: .system
            }
    }

    @discardableResult
    static func check(_ result: Int32) throws(KeypadFailure) -> Int32 {
        guard result >= 0 else { throw KeypadFailure(code: result) }
        return result
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout: DeviceFault(code: "keypad.no-reply", action: .reset, detail: "the keypad doesn't answer")
        case .gone: DeviceFault(code: "keypad.absent", action: .replug, detail: "the keypad isn't plugged in, or was unplugged")
        case .access:
            DeviceFault(
                code: "keypad.access", action: .configure,
                detail: "this user may not open the keypad: it needs a udev rule for its vendor and product, or the group input")
        case .busy: DeviceFault(code: "keypad.busy", action: .configure, detail: "another process has the keypad to itself")
        case .notInput: DeviceFault(code: "keypad.configuration", action: .configure, detail: "device= names something that is no input device")
        case .several:
            DeviceFault(
                code: "keypad.configuration", action: .configure,
                detail: "several devices with number keys fit: write both usb= and name=, or device=/dev/input/by-path/…")
        case .system: DeviceFault(code: "keypad.io-error", action: .replug, detail: "a system call on the keypad failed")
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .notInput, .several: .needsTechnician
        case .timeout, .system: .offline
        }
    }
}
