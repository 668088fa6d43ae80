internal import DeviceLink
internal import Line
internal import LineShim
internal import ReceiptPrinterShim

/// An open printer. Turns the shim's waits into steps short enough to notice a cancelled command.
final class PrinterConnection {
    private let handle: OpaquePointer
    /// The port beneath a recording; its context lives as long as the handle.
    private var port: kiosk_line
    /// False from the first byte of a job to its last: then the printer may be in the middle of a band.
    var isInStep = false
    /// False on a line just opened, whose last user may have sent a mark that the printer has still to answer: then an answer proves nothing.
    private(set) var isAnswerOurs = false
    private static let stepMilliseconds: Int32 = 100

    /// Takes `line` over. `recorder` puts its tape around it.
    init(line: kiosk_line, limit: Int32, recorder: LineRecorder) throws(PrinterFailure) {
        port = line
        var taped = recorder.line(around: line)
        var opened: OpaquePointer?
        let result = kiosk_receipt_open(&taped, limit, &opened)
        guard result == 0, let opened else { throw PrinterFailure(code: result) }
        handle = opened
    }

    deinit {
        kiosk_receipt_close(handle)
    }

    // MARK: Status

    /// What DLE EOT 1 to 4 tell. `limit` is for one answer, milliseconds; a single lost one is asked for again.
    func status(limit: Int32, _ context: CommandContext) throws -> PrinterStatus {
        var flags: Int32 = 0
        for n in Int32(1)...4 {
            var answer: UInt8 = 0
            var result = try ask(n, &answer, limit, context)
            if Int(result) == KIOSK_LINE_TIMEOUT { result = try ask(n, &answer, limit, context) }
            guard result == 0 else { throw PrinterFailure(code: result) }
            flags |= kiosk_receipt_flags(n, answer)
        }
        return PrinterStatus(flags: flags)
    }

    private func ask(_ n: Int32, _ answer: inout UInt8, _ limit: Int32, _ context: CommandContext) throws -> Int32 {
        // A patient limit never outlives the command, or the poll: nothing but the host's watchdog would end it.
        let limit = min(limit, context.remainingMilliseconds)
        let end = ContinuousClock.now + .milliseconds(limit)
        let sent = kiosk_receipt_ask(handle, n, min(limit, Self.stepMilliseconds))
        guard sent == 0 else { throw PrinterFailure.blocked(sent) }
        while true {
            let left = end.left
            let result = kiosk_receipt_answer(handle, &answer, min(left, Self.stepMilliseconds))
            guard Int(result) == KIOSK_LINE_TIMEOUT, left > 0 else { return result }
            try context.checkCancelled()
        }
    }

    /// The port status of the USB printer class; nil for a port that has none. `mute` when it can't be had in time.
    func portStatus(_ context: CommandContext) throws(PrinterFailure) -> PrinterStatus? {
        let status = kiosk_line_printer_status(&port, context.remainingMilliseconds)
        if Int(status) == KIOSK_LINE_ARGUMENT { return nil }
        guard status >= 0 else { throw PrinterFailure(code: status) }
        return PrinterStatus(portStatus: status)
    }

    /// Sends the mark that is answered when everything before it has been printed.
    func fence(limit: Int32) throws(PrinterFailure) {
        let sent = kiosk_receipt_fence(handle, limit)
        guard sent == 0 else { throw .blocked(sent) }
    }

    var isFenced: Bool { kiosk_receipt_fenced(handle) == 1 }

    /// Nothing that was sent is still to be answered. One lost answer doesn't make those of later receipts worthless.
    func settle() {
        isAnswerOurs = isFenced
        kiosk_receipt_settle(handle)
    }

    // MARK: Writing

    /// Writes all of `bytes`. A printer that is slow is waited for as long as it goes on taking some.
    /// - Parameters:
    ///   - stall: milliseconds without a byte taken, after which it is blocked
    ///   - patience: asked every 100 ms while it takes nothing; false gives up
    func write(_ bytes: [UInt8], stall: Int32, while patience: () -> Bool) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Int(KIOSK_RECEIPT_PIECE)))
            let end = ContinuousClock.now + .milliseconds(stall)
            while true {
                let result = kiosk_receipt_write(handle, piece, piece.count, Self.stepMilliseconds)
                if result == 0 { break }
                // None of it went: it may be written again.
                guard Int(result) == KIOSK_LINE_TIMEOUT, end.left > 0, patience() else { throw PrinterFailure.blocked(result) }
            }
            rest = rest.dropFirst(piece.count)
        }
    }
}

extension PrinterFailure {
    /// Of a write: what isn't taken by its deadline is blocked, not mute.
    static func blocked(_ code: Int32) -> Self {
        Int(code) == KIOSK_LINE_TIMEOUT ? .blocked : Self(code: code)
    }
}

extension ContinuousClock.Instant {
    /// Milliseconds from now, never negative.
    var left: Int32 { Int32(clamping: Int(max(0, (self - .now) / .milliseconds(1)).rounded(.up))) }
}
