internal import KioskModel
internal import ScannerShim

/// A negative code of the shim, and what was being done when it came.
struct ScannerFailure: Error, Equatable {
    var code: Int32
    /// `open`, `start`, `read`, or the option that was being set: `set resolution`.
    var step: String

    @discardableResult
    static func check(_ result: Int32, _ step: @autoclosure () -> String) throws -> Int32 {
        guard result >= 0 else { throw ScannerFailure(code: result, step: step()) }
        return result
    }

    /// What the citizen or the technician can do about it. The one place where SANE's words are judged (SANE standard 1.06 §4.2.7).
    var meaning: any Error {
        switch kiosk_scanner_code(rawValue: code) {
        case KIOSK_SCANNER_NO_DOCS: CitizenRemedy.insertPages
        case KIOSK_SCANNER_JAMMED: CitizenRemedy.pullOutJammedPage
        case KIOSK_SCANNER_COVER_OPEN: CitizenRemedy.closeCover
        // The page ended before it was complete.
        case KIOSK_SCANNER_EOF: CitizenRemedy.scanAgain
        case KIOSK_SCANNER_UNSUPPORTED: fault("unsupported", .configure)
        // Nobody here asked for it: a button on the device, or its own time-out.
        case KIOSK_SCANNER_CANCELLED: fault("cancelled-by-device", .reset)
        case KIOSK_SCANNER_DEVICE_BUSY: fault("busy", .reset)
        case KIOSK_SCANNER_INVALID: fault("invalid-setting", .configure)
        case KIOSK_SCANNER_IO_ERROR: fault("io-error", .replug)
        case KIOSK_SCANNER_NO_MEM: fault("out-of-memory", .reset)
        case KIOSK_SCANNER_ACCESS_DENIED: fault("access-denied", .configure)
        case KIOSK_SCANNER_WARMING_UP: fault("warming-up", .reset)
        // The transport lock of a flatbed: somebody has to turn it.
        case KIOSK_SCANNER_HW_LOCKED: fault("transport-locked", .clear)
        case KIOSK_SCANNER_TIMED_OUT: fault("timeout", .reset)
        case KIOSK_SCANNER_NO_OPTION, KIOSK_SCANNER_WRONG_TYPE: fault("missing-option", .configure)
        default: fault("unknown-status", .reset)
        }
    }

    private func fault(_ name: String, _ action: RepairAction) -> DeviceFault {
        DeviceFault(code: "scanner.\(name)", action: action, detail: "\(step) answered \(code)")
    }
}
