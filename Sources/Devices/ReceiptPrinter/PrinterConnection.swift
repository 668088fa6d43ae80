internal import DeviceLink
internal import Line
internal import LineShim
internal import ReceiptPrinterShim

/// An open printer. Turns the shim's waits into steps short enough to notice a cancelled command.
final class PrinterConnection {
    private let handle: OpaquePointer
    /// The port beneath a recording; its context lives as long as the handle.
    private var port: kiosk_line
    /// False on a line just opened, and from the first byte of a job until the printer is known to have come to its end: it may be in the middle of a
    /// band.
    var isInStep = false
    /// False on a line just opened, whose last user may have sent a mark that the printer has still to answer: then an answer proves nothing.
    private(set) var isAnswerOurs = false
    /// The last ``status(limit:stall:_:)`` was told whole: what was sent before it has come to a printer.
    private(set) var hasAnswered = false
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

    /// What DLE EOT 1 to 4 tell; a single lost answer is asked for again.
    /// - Parameters:
    ///   - limit: for one answer, milliseconds from when its question went
    ///   - stall: milliseconds for which a question may not be taken, after which the printer is blocked
    func status(limit: Int32, stall: Int32, _ context: CommandContext) throws -> PrinterStatus {
        hasAnswered = false
        var flags: Int32 = 0
        for n in Int32(1)...4 {
            try ask(n, stall, context)
            var answer: UInt8 = 0
            var result = try wait(for: &answer, limit, context)
            if Int(result) == KIOSK_LINE_TIMEOUT {
                try ask(n, stall, context)
                result = try wait(for: &answer, limit, context)
                // The first answer may have been late instead of lost: then the second is still to come, and would be taken for that to the next
                // question. It is as late, and the question went `limit` later.
                if result == 0 {
                    var other: UInt8 = 0
                    let second = try wait(for: &other, 2 * limit, context)
                    if Int(second) != KIOSK_LINE_TIMEOUT { result = second }
                }
            }
            guard result == 0 else { throw PrinterFailure(code: result) }
            flags |= kiosk_receipt_flags(n, answer)
        }
        hasAnswered = true
        return PrinterStatus(flags: flags)
    }

    /// A line that is slower than what was sent before takes the question late; its answer is waited for from then on only.
    private func ask(_ n: Int32, _ stall: Int32, _ context: CommandContext) throws {
        try send(stall: stall, while: Self.patience(context)) { kiosk_receipt_ask(handle, n, $0) }
    }

    private func wait(for answer: inout UInt8, _ limit: Int32, _ context: CommandContext) throws -> Int32 {
        // A patient limit never outlives the command, or the poll: nothing but the host's watchdog would end it.
        let end = ContinuousClock.now + .milliseconds(min(limit, context.remainingMilliseconds))
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

    /// Sends the mark that is answered when everything before it has been printed. `stall` as for ``status(limit:stall:_:)``.
    func fence(stall: Int32, _ context: CommandContext) throws {
        try send(stall: stall, while: Self.patience(context)) { kiosk_receipt_fence(handle, $0) }
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
            try send(stall: stall, while: patience) { kiosk_receipt_write(handle, piece, piece.count, $0) }
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Tries until it goes, 100 ms at a time: `attempt` gets its deadline, and nothing went when that passed.
    private func send(stall: Int32, while patience: () throws -> Bool, _ attempt: (Int32) -> Int32) throws {
        let end = ContinuousClock.now + .milliseconds(stall)
        while true {
            let result = attempt(Self.stepMilliseconds)
            if result == 0 { return }
            guard Int(result) == KIOSK_LINE_TIMEOUT, end.left > 0, try patience() else { throw PrinterFailure.blocked(result) }
        }
    }

    /// Throws `CancellationError` once the command is cancelled; false when its time is over.
    private static func patience(_ context: CommandContext) -> () throws -> Bool {
        {
            try context.checkCancelled()
            return context.remainingMilliseconds > 0
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
