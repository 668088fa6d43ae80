internal import KioskModel
internal import PrinterShim

/// The one table from the shim's codes to faults.
struct PrinterFailure: Error, Equatable {
    let code: Int32

    static let stopped = PrinterFailure(code: KIOSK_PRINTER_STOPPED.rawValue)
    /// server-error-busy: another job is still at it (RFC 8011 §B.1.5.8).
    static let busy = PrinterFailure(code: KIOSK_PRINTER_REFUSED.rawValue - 0x0507)

    /// client-error-not-possible: the job has ended, or is ending (§B.1.4.5).
    static let notPossible = PrinterFailure(code: KIOSK_PRINTER_REFUSED.rawValue - 0x0404)
    /// client-error-not-found (§B.1.4.7).
    static let notFound = PrinterFailure(code: KIOSK_PRINTER_REFUSED.rawValue - 0x0406)

    /// Returns a result ≥ 0 unchanged.
    @discardableResult
    static func check(_ result: Int32) throws(PrinterFailure) -> Int32 {
        guard result < 0 else { return result }
        throw PrinterFailure(code: result)
    }

    /// The printer may be back in a moment: a cable, a restart, a long garbage collection.
    var mayPass: Bool {
        code == KIOSK_PRINTER_UNREACHABLE.rawValue || code == KIOSK_PRINTER_TIMEOUT.rawValue
    }

    /// The printer has answered, and done nothing.
    var isRefusal: Bool { code <= KIOSK_PRINTER_REFUSED.rawValue }

    var state: DeviceState { mayPass ? .offline : .needsTechnician }

    var fault: DeviceFault {
        switch code {
        case KIOSK_PRINTER_UNREACHABLE.rawValue:
            return DeviceFault(code: "printer.unreachable", action: .replug, detail: "Nobody answers at the printer's address.")
        case KIOSK_PRINTER_TIMEOUT.rawValue:
            return DeviceFault(code: "printer.unreachable", action: .replug, detail: "The printer didn't answer in time.")
        case KIOSK_PRINTER_BAD_URI.rawValue:
            return DeviceFault(
                code: "printer.bad-option", action: .configure, detail: "The address isn't an ipp: or ipps: address, or the socket isn't a path.")
        case KIOSK_PRINTER_NO_MEMORY.rawValue:
            return DeviceFault(code: "printer.no-memory", action: .reset, detail: "No memory for a request.")
        case Self.notFound.code:
            return DeviceFault(code: "printer.no-queue", action: .configure, detail: "There is no such printer or queue at the address (0x406).")
        case ...KIOSK_PRINTER_REFUSED.rawValue:
            let status = String(KIOSK_PRINTER_REFUSED.rawValue - code, radix: 16)
            return DeviceFault(code: "printer.refused", action: .configure, detail: "The printer refused with IPP status 0x\(status).")
        default:
            return DeviceFault(code: "printer.protocol", action: .reset, detail: "The printer's answer isn't IPP as it should be (code \(code)).")
        }
    }
}
