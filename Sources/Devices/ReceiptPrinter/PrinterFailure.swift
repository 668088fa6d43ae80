internal import KioskModel
internal import LineShim

/// The line to the printer failed. One case for each code of the shim.
enum PrinterFailure: Error, Equatable {
    /// Nothing answers.
    case mute
    /// It takes nothing more: it is jammed, or its buffer is full and it can't print.
    case blocked
    case gone, access, busy, system
    /// The port can't be what was asked for: why, in one sentence.
    case configuration(String)

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_LINE_TIMEOUT: .mute
            case KIOSK_LINE_TORN: .blocked
            case KIOSK_LINE_GONE: .gone
            case KIOSK_LINE_ACCESS: .access
            case KIOSK_LINE_BUSY: .busy
            case KIOSK_LINE_ARGUMENT: .configuration("what device= or port= names is no printer and no tty")
            default: .system
            }
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .mute:
            DeviceFault(
                code: "receiptPrinter.no-reply", action: .reset, detail: "the printer doesn't answer DLE EOT; one that can't needs status=no")
        case .blocked:
            DeviceFault(
                code: "receiptPrinter.blocked", action: .clear,
                detail: "the printer takes no more: a jam, an open cover, no paper, or it is switched off")
        case .gone: DeviceFault(code: "receiptPrinter.absent", action: .replug, detail: "the printer isn't plugged in, or was unplugged")
        case .access:
            DeviceFault(
                code: "receiptPrinter.access", action: .configure,
                detail: "this user may not open the printer: /dev/usb/lpN needs the group lp, a tty the group dialout")
        case .busy: DeviceFault(code: "receiptPrinter.busy", action: .configure, detail: "another process holds the printer")
        case .configuration(let detail): DeviceFault(code: "receiptPrinter.configuration", action: .configure, detail: detail)
        case .system: DeviceFault(code: "receiptPrinter.io-error", action: .replug, detail: "a system call on the printer's port failed")
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .configuration, .blocked: .needsTechnician
        case .mute, .system: .offline
        }
    }
}
