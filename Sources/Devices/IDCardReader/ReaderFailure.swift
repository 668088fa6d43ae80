internal import IDCardReaderShim
internal import KioskModel
internal import LineShim

/// The line to the reader failed: nothing is known of the card. One case for each code of the shim.
enum ReaderFailure: Error, Equatable {
    case timeout, truncated, checksum, length, unexpected, access, busy, stalled, overflow, misframed, system
    /// There is no such port, or it hung up: which, in one sentence.
    case gone(String = "the reader isn't plugged in, or was unplugged")
    /// The port can't be what was asked for: why, in one sentence.
    case configuration(String)

    /// `detail` says more of a port that can't be found or used.
    init(code: Int32, detail: String = "") {
        self =
            switch Int(code) {
            case KIOSK_READER_TIMEOUT, KIOSK_LINE_TORN: .timeout
            case KIOSK_READER_TRUNCATED: .truncated
            case KIOSK_READER_CHECKSUM: .checksum
            case KIOSK_READER_LENGTH: .length
            case KIOSK_READER_UNEXPECTED: .unexpected
            case KIOSK_READER_GONE: detail.isEmpty ? .gone() : .gone(detail)
            case KIOSK_READER_ACCESS: .access
            case KIOSK_READER_BUSY: .busy
            case KIOSK_READER_ARGUMENT: .configuration(detail)
            case KIOSK_READER_STALLED: .stalled
            case KIOSK_READER_OVERFLOW: .overflow
            case KIOSK_READER_MISFRAMED: .misframed
            default: .system
            }
    }

    /// Whether a reader that listens at another speed would look like this.
    var mayBeSpeed: Bool {
        switch self {
        case .timeout, .truncated, .checksum, .length, .unexpected: true
        case .gone, .access, .busy, .configuration, .stalled, .overflow, .misframed, .system: false
        }
    }

    /// What the technician is told.
    var fault: DeviceFault {
        switch self {
        case .timeout: DeviceFault(code: "reader.no-reply", action: .reset, detail: "the reader does not answer")
        case .truncated: DeviceFault(code: "reader.truncated-reply", action: .reset, detail: "the reader's answer broke off")
        case .checksum: DeviceFault(code: "reader.corrupt-reply", action: .reset, detail: "the checksum of the reader's answer is wrong")
        case .length: DeviceFault(code: "reader.oversized-reply", action: .reset, detail: "the reader's answer gives an impossible length")
        case .unexpected: DeviceFault(code: "reader.unexpected-reply", action: .reset, detail: "the reader answers something else than was asked")
        case .gone(let detail): DeviceFault(code: "reader.absent", action: .replug, detail: detail)
        case .access:
            DeviceFault(
                code: "reader.access", action: .configure,
                detail: "this user may not open the reader: a tty needs the group dialout, a USB reader a udev rule for its vendor and product")
        case .busy: DeviceFault(code: "reader.busy", action: .configure, detail: "another process holds the reader")
        case .configuration(let detail): DeviceFault(code: "reader.configuration", action: .configure, detail: detail)
        case .stalled: DeviceFault(code: "reader.stalled", action: .reset, detail: "the reader halted a USB endpoint")
        case .overflow: DeviceFault(code: "reader.overflow", action: .reset, detail: "the reader sent more than a USB packet may hold")
        case .misframed:
            DeviceFault(code: "reader.out-of-step", action: .reset, detail: "the two halves of the reader's USB answer do not belong together")
        case .system: DeviceFault(code: "reader.io-error", action: .replug, detail: "a system call on the reader's port failed")
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .configuration: .needsTechnician
        case .timeout, .truncated, .checksum, .length, .unexpected, .stalled, .overflow, .misframed, .system: .offline
        }
    }
}
