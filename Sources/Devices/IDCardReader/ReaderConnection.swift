internal import DeviceLink
internal import Glibc
internal import IDCardReaderShim
internal import Line
internal import LineShim

/// A command of the shim, with how long its answer may take in the field.
enum ReaderCommand: CaseIterable {
    case reset, status, samID, find, select, read, readFingerprints, newestAddress

    var code: Int32 {
        switch self {
        case .reset: Int32(KIOSK_READER_RESET)
        case .status: Int32(KIOSK_READER_STATUS)
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
    /// What is known of the port before the reader was asked: `baud`; or on USB `usb`, where it is plugged in, and `framing`, `split` or `whole`.
    let identity: [String: String]
    /// False from sending until an intact answer: then an earlier answer may still be on its way.
    private(set) var isInStep = false
    private static let stepMilliseconds: Int32 = 100

    /// Takes the open handle over.
    init(handle: OpaquePointer, identity: [String: String] = [:]) {
        self.handle = handle
        self.identity = identity
    }

    /// - Parameters:
    ///   - limit: for all of finding, claiming and emptying a USB reader, milliseconds
    ///   - recorder: what passes is recorded there, while it records
    convenience init(port: ReaderPort, limit: Int32, recorder: LineRecorder = LineRecorder()) throws(ReaderFailure) {
        switch port {
        case .serial(let path, let baud):
            let baud = baud ?? 115_200
            var line = kiosk_line()
            var result = kiosk_line_serial(path, baud, &line)
            var opened: OpaquePointer?
            if result == 0 { result = Self.open(line, limit, recorder, &opened) }
            guard result == 0, let opened else {
                let detail =
                    Int(result) == KIOSK_READER_GONE
                    ? "the tty \(path) doesn't exist, or hung up"
                    : "\(path) is no tty, or baud= is none of 9600, 19200, 38400, 57600 and 115200"
                throw ReaderFailure(code: result, detail: detail)
            }
            self.init(handle: opened, identity: ["baud": "\(baud)"])
        case .usb(let vendor, let product, let serial, let path):
            var found = kiosk_usb_found()
            var opened: OpaquePointer?
            // Until it was opened, the line points to the texts and to `found`.
            let result = withUnsafeMutablePointer(to: &found) { found in
                Self.withCString(serial) { serial in
                    Self.withCString(path) { path in
                        var line = kiosk_line()
                        let made = kiosk_usb_line(vendor, product, serial, path, found, &line)
                        return made == 0 ? Self.open(line, limit, recorder, &opened) : made
                    }
                }
            }
            guard result == 0, let opened else { throw ReaderFailure(code: result, detail: Self.text(&found.detail)) }
            self.init(handle: opened, identity: ["usb": Self.text(&found.path), "framing": found.framing == KIOSK_USB_SPLIT ? "split" : "whole"])
        }
    }

    /// Over any line, which is closed with it.
    convenience init(line: kiosk_line, limit: Int32) throws(ReaderFailure) {
        var opened: OpaquePointer?
        let result = Self.open(line, limit, LineRecorder(), &opened)
        guard result == 0, let opened else { throw ReaderFailure(code: result) }
        self.init(handle: opened)
    }

    private static func open(_ line: kiosk_line, _ limit: Int32, _ recorder: LineRecorder, _ opened: inout OpaquePointer?) -> Int32 {
        var line = recorder.line(around: line)
        return kiosk_reader_open(&line, limit, &opened)
    }

    private static func withCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }

    /// A fixed array of C characters, up to its end mark.
    private static func text<Characters>(_ characters: inout Characters) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    deinit {
        kiosk_reader_close(handle)
    }

    /// Runs one command. `limit` in milliseconds, cut to what the context leaves.
    func run(_ command: ReaderCommand, limit: Int32, context: CommandContext) throws -> ReaderReply {
        try context.checkCancelled()
        let limit = min(limit, context.remainingMilliseconds)
        let end = ContinuousClock.now + .milliseconds(limit)
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
