internal import DeviceLink
internal import Glibc
internal import IDCardReaderShim

/// A command of the shim, with how long its answer may take in the field.
enum ReaderCommand: CaseIterable {
    case reset, samID, find, select, read, readFingerprints, newestAddress

    var code: Int32 {
        switch self {
        case .reset: Int32(KIOSK_READER_RESET)
        case .samID: Int32(KIOSK_READER_SAM_ID)
        case .find: Int32(KIOSK_READER_FIND)
        case .select: Int32(KIOSK_READER_SELECT)
        case .read: Int32(KIOSK_READER_READ)
        case .readFingerprints: Int32(KIOSK_READER_READ_FINGERPRINTS)
        case .newestAddress: Int32(KIOSK_READER_NEWEST_ADDRESS)
        }
    }
}

struct ReaderReply {
    var status: StatusWord
    var data: [UInt8]
}

/// An open port. Turns the shim's one blocking wait into steps short enough to notice a cancelled command.
final class ReaderConnection {
    private let handle: OpaquePointer
    /// False from sending until an intact answer: then an earlier answer may still be on its way.
    private(set) var isInStep = false
    private static let stepMilliseconds: Int32 = 100

    init(port: String, baud: Int32) throws(ReaderFailure) {
        var opened: OpaquePointer?
        let result = kiosk_reader_open_serial(port, baud, &opened)
        guard result == 0, let opened else { throw ReaderFailure(code: result) }
        handle = opened
    }

    deinit {
        kiosk_reader_close(handle)
    }

    /// Runs one command. `limit` in milliseconds, cut to what the context leaves.
    func run(_ command: ReaderCommand, limit: Int32, context: CommandContext) throws -> ReaderReply {
        try context.checkCancelled()
        let end = ContinuousClock.now + .milliseconds(min(limit, context.remainingMilliseconds))
        isInStep = false
        let sent = kiosk_reader_send(handle, command.code, limit)
        guard sent == 0 else { throw ReaderFailure(code: sent) }
        var data = [UInt8](repeating: 0, count: Int(KIOSK_SDT_MAX_FRAME))
        defer { data.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        while true {
            let left = Int32(max(0, (end - ContinuousClock.now) / .milliseconds(1)).rounded(.up))
            var status: UInt8 = 0
            let count = kiosk_reader_receive(handle, &status, &data, data.count, min(left, Self.stepMilliseconds))
            if count >= 0 {
                isInStep = true
                return ReaderReply(status: StatusWord(value: status), data: Array(data.prefix(Int(count))))
            }
            let failure = ReaderFailure(code: count)
            guard left > 0, failure == .timeout || failure == .truncated || failure == .unexpected else { throw failure }
            try context.checkCancelled()
        }
    }
}
