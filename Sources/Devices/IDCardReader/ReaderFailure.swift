internal import IDCardReaderShim
internal import KioskModel

/// The line to the reader failed: nothing is known of the card. One case for each code of the shim.
enum ReaderFailure: Error, Equatable, CaseIterable {
    case timeout, truncated, checksum, length, unexpected, gone, access, busy, configuration, system

    init(code: Int32) {
        self =
            switch Int(code) {
            case KIOSK_READER_TIMEOUT: .timeout
            case KIOSK_READER_TRUNCATED: .truncated
            case KIOSK_READER_CHECKSUM: .checksum
            case KIOSK_READER_LENGTH: .length
            case KIOSK_READER_UNEXPECTED: .unexpected
            case KIOSK_READER_GONE: .gone
            case KIOSK_READER_ACCESS: .access
            case KIOSK_READER_BUSY: .busy
            case KIOSK_READER_ARGUMENT: .configuration
            default: .system
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
        case .gone: DeviceFault(code: "reader.absent", action: .replug, detail: "the reader's port does not exist or hung up")
        case .access: DeviceFault(code: "reader.access", action: .configure, detail: "the reader's port may not be opened by this user")
        case .busy: DeviceFault(code: "reader.busy", action: .configure, detail: "another process holds the reader's port")
        case .configuration: DeviceFault(code: "reader.configuration", action: .configure, detail: "the port is no tty or has no such speed")
        case .system: DeviceFault(code: "reader.io-error", action: .replug, detail: "a system call on the reader's port failed")
        }
    }

    var state: DeviceState {
        switch self {
        case .gone: .absent
        case .access, .busy, .configuration: .needsTechnician
        case .timeout, .truncated, .checksum, .length, .unexpected, .system: .offline
        }
    }
}
