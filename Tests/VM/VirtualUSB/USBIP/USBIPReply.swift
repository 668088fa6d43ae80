internal import Glibc

/// What a device answers the kernel.
enum USBIPReply: Equatable, Sendable {
    /// USBIP_RET_SUBMIT: the transfer is done. `sent` counts what the device took of an output transfer; for input `data` is what it gave.
    case submitted(sequence: UInt32, status: USBStatus, sent: Int = 0, data: [UInt8] = [])
    /// USBIP_RET_UNLINK: whether the transfer was still to be given back, or had been already.
    case unlinked(sequence: UInt32, found: Bool)

    var bytes: [UInt8] {
        var words = [UInt32](repeating: 0, count: USBIPRequest.headerLength / 4)
        var payload: [UInt8] = []
        switch self {
        case .submitted(let sequence, let status, let sent, let data):
            words[0] = 3
            words[1] = sequence
            words[5] = UInt32(bitPattern: status.rawValue)
            words[6] = UInt32(max(sent, data.count))
            payload = data
        case .unlinked(let sequence, let found):
            words[0] = 4
            words[1] = sequence
            words[5] = UInt32(bitPattern: found ? -ECONNRESET : 0)
        }
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } } + payload
    }
}

/// How a transfer ended, as the kernel's error numbers (error-codes.rst).
enum USBStatus: Sendable {
    case done
    /// The endpoint is halted, or the control request unknown.
    case stalled
    /// The device sent more than was asked for.
    case babble
    /// Less came than the host insists on.
    case short
    /// The device was pulled out in the middle of it.
    case broken

    var rawValue: Int32 {
        switch self {
        case .done: 0
        case .stalled: -EPIPE
        case .babble: -EOVERFLOW
        case .short: -EREMOTEIO
        case .broken: -EPROTO
        }
    }
}
