internal import ImagingShim
internal import KioskModel

/// The one table from the shim's codes to remedies and faults.
enum ImagingCode {
    /// Returns a count ≥ 0 unchanged, throws what a negative code means.
    static func check(_ result: Int, _ subject: String) throws -> Int {
        guard result < 0 else { return result }
        throw meaning(Int32(clamping: result), subject)
    }

    static func meaning(_ code: Int32, _ subject: String) -> any Error {
        switch code {
        case KIOSK_IMAGING_STOPPED.rawValue: CancellationError()
        // A picture that broke off on its way: the next one is whole.
        case KIOSK_IMAGING_BAD_PICTURE.rawValue: CitizenRemedy.scanAgain
        // Numbers and bytes of a page that contradict each other: it came so, and this worker is well.
        case KIOSK_IMAGING_BAD_PAGE.rawValue: CitizenRemedy.scanAgain
        case KIOSK_IMAGING_NO_PAGE.rawValue: CitizenRemedy.layPageInView
        default: fault(code, subject)
        }
    }

    static func fault(_ code: Int32, _ subject: String) -> DeviceFault {
        switch code {
        case KIOSK_IMAGING_TOO_LARGE.rawValue:
            DeviceFault(code: "imaging.document-too-large", action: .configure, detail: "The \(subject) went beyond the largest size allowed.")
        case KIOSK_IMAGING_BAD_TEXT.rawValue:
            DeviceFault(
                code: "imaging.receipt-too-long", action: .configure, detail: "The \(subject)'s text doesn't fit on its sheet or into its code.")
        case KIOSK_IMAGING_NO_MEMORY.rawValue:
            DeviceFault(code: "imaging.no-memory", action: .reset, detail: "No memory for the \(subject).")
        default:
            DeviceFault(code: "imaging.library", action: .reset, detail: "The library refused the \(subject) with code \(code).")
        }
    }
}

extension DeviceFault {
    /// A command that nobody could carry out: kioskd's mistake, which no reset mends.
    static func badRequest(_ detail: String) -> DeviceFault {
        DeviceFault(code: "imaging.bad-request", action: .configure, detail: detail)
    }
}
