public import DeviceLink
public import KioskModel
internal import Line
internal import LineShim
internal import ReceiptPrinterShim

/// ESC/POS receipt printers on the USB printer class or a serial port.
///
/// Three rules shape it: a printer is asked how it is before and after a job, never within a band, where the question would be pixels; a receipt counts
/// as printed only when the printer has come to its end and has paper then; and a printer whose last job broke off is brought in step, and what hangs
/// out of it cut off, before anything else is sent.
public final class ReceiptPrinterDriver: RecordableDriver {
    /// In milliseconds.
    struct Timing {
        /// For one answer.
        var answer: Int32 = 400
        /// Without a byte taken, after which a printer is blocked. Cutting, and a head that cools, take less.
        var stall: Int32 = 5000
        /// In which bringing in step must be through, and in which a printer that isn't printing must take a question. At 9600 baud what a tty holds
        /// before it takes more goes within 1.1 s.
        var resync: Int32 = 1500
        /// For the rest of a band after a command was cancelled or its time was over; kioskd waits no longer than 2 s, however patient the printer is.
        var rest: Int32 = 400
        /// Between two looks at a printer that prints.
        var look: Int32 = 150
        /// Which the mechanics take beyond the rows, and rows a second of a slow printer (50 mm/s), for one that doesn't know GS r.
        var settle: Int32 = 2000
        var rowsPerSecond: Int32 = 400

        /// Every answer may take `factor` times as long as in the field.
        func patient(_ factor: Int32) -> Timing {
            var timing = self
            for limit in [\Timing.answer, \.stall, \.resync] { timing[keyPath: limit] *= factor }
            return timing
        }
    }

    private let options: ReceiptPrinterOptions
    private let timing: Timing
    private let open: () throws(PrinterFailure) -> kiosk_line
    private let recorder = LineRecorder()
    private var connection: PrinterConnection?
    /// A receipt broke off, or this process is new and the one before it may have died within one: what hangs out of the printer is cut off before
    /// the next.
    private var hangsOut = true
    /// The last receipt broke off because the printer took no more. A serial port takes bytes whatever becomes of them: that a printer behind one is
    /// still stuck shows only in its silence.
    private var isStuck = false

    /// Options: `device`, the node `/dev/usb/lp0`; or `usb`, vendor and product as `0fe6:811e`; or `port`, a tty, and `baud`. `width`, 384 or 576 dots
    /// (576); `cutter` and `status`, `yes` or `no` (yes): whether it cuts, and answers; `patience`, 1 to 100.
    /// - Throws: `DeviceFault` `receiptPrinter.configuration`.
    public convenience init(options: [String: String]) throws {
        let options = try ReceiptPrinterOptions(options)
        self.init(options: options, timing: Timing().patient(options.patience)) { () throws(PrinterFailure) in try options.line() }
    }

    init(options: ReceiptPrinterOptions, timing: Timing, open: @escaping () throws(PrinterFailure) -> kiosk_line) {
        self.options = options
        self.timing = timing
        self.open = open
    }

    public func poll() -> DeviceStatus {
        let context = CommandContext(deadline: .now + .seconds(9)) { _, _ in }
        do {
            let status = try retryingOnce { try self.ready(context).status }
            return DeviceStatus(state: status.state, fault: status.fault, identity: identity, conditions: status.conditions)
        } catch let failure as PrinterFailure {
            let failure = cause(of: failure)
            return DeviceStatus(state: failure.state, fault: failure.fault, identity: identity)
        } catch {
            return DeviceStatus(state: .offline, fault: PrinterFailure.mute.fault, identity: identity)
        }
    }

    private var identity: [String: String] {
        let told = options.answers ? "DLE EOT" : "the printer can't answer: printed means sent, and no fault but of the port is seen"
        var identity = ["width": "\(options.width) dots", "cutter": options.hasCutter ? "yes" : "no", "status": told]
        identity[DeviceStatus.node] = options.node
        return identity
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard case .printRaster(let image) = command, let file = files.first else {
            throw DeviceFault(
                code: "receiptPrinter.unsupported-command", action: .configure, detail: "a receipt printer was given another device's command")
        }
        guard image.width % 8 == 0, image.width > 0, image.height > 0, image.byteCount == file.byteCount else {
            throw DeviceFault(code: "receiptPrinter.bad-raster", action: .configure, detail: "the raster's size and its file don't agree")
        }
        guard image.width <= options.width else {
            throw DeviceFault(
                code: "receiptPrinter.too-wide", action: .configure,
                detail: "a raster of \(image.width) dots doesn't fit a head of \(options.width); look at width=")
        }
        do {
            try file.withBytes { try print(image, $0, context) }
        } catch let failure as PrinterFailure {
            connection = nil
            throw cause(of: failure).fault
        }
        return DeviceReply(.printed(sheets: 1))
    }

    private func cause(of failure: PrinterFailure) -> PrinterFailure {
        isStuck && failure == .mute ? .blocked : failure
    }

    // MARK: Recording

    public func beginRecording() throws {
        connection = nil
        recorder.begin()
    }

    public func endRecording() throws -> String {
        connection = nil
        do {
            var recording = try recorder.end()
            defer { recording.wipe() }
            return try ReceiptRedaction.redacted(recording).text
        } catch let failure as LineRecorder.Failure {
            let detail = failure == .tooLong ? "more passed than a recording holds" : "nothing is being recorded"
            throw DeviceFault(code: "link.recording-refused", action: .configure, detail: detail)
        } catch {
            throw DeviceFault(code: "link.recording-refused", action: .configure, detail: "something was sent in which pixels can't be told apart")
        }
    }
}

// MARK: A receipt

extension ReceiptPrinterDriver {
    private func print(_ image: RasterImage, _ pixels: UnsafeRawBufferPointer, _ context: CommandContext) throws {
        let printer = try retryingOnce {
            let (printer, status) = try ready(context)
            if let fault = status.fault { throw fault }
            try send(EscPos.begin, to: printer, context)
            return printer
        }
        printer.isInStep = false
        hangsOut = true
        do {
            let isWhole = try sendBands(image, pixels, to: printer, context)
            try send(end, to: printer, context)
            guard isWhole else {
                isStuck = !hasTaken(printer)
                printer.isInStep = !isStuck
                hangsOut = isStuck
                guard context.isCancelled else { throw Self.incomplete(.deadlinePassed) }
                throw CancellationError()
            }
            try confirm(image, printer, context)
            printer.isInStep = true
            hangsOut = false
        } catch let failure as PrinterFailure {
            // Why it takes no more can't be asked for within a band, except on the port itself.
            isStuck = failure == .blocked
            let cause = isStuck ? try? printer.portStatus(context) : nil
            connection = nil
            throw Self.incomplete(cause?.fault ?? failure.fault)
        }
    }

    /// True when all of it went; false when kioskd cancelled or the time was over between two bands, or within one whose rest then went.
    private func sendBands(_ image: RasterImage, _ pixels: UnsafeRawBufferPointer, to printer: PrinterConnection, _ context: CommandContext)
        throws -> Bool
    {
        let rowBytes = image.width / 8
        var row = 0
        while row < image.height {
            if context.isCancelled || context.remainingMilliseconds == 0 { return false }
            let rows = min(Int(KIOSK_RECEIPT_BAND_ROWS), image.height - row)
            var band = [UInt8](repeating: 0, count: Int(KIOSK_RECEIPT_BAND_HEADER))
            guard kiosk_receipt_band(rowBytes, rows, &band) == 0 else {
                throw DeviceFault(code: "receiptPrinter.bad-raster", action: .configure, detail: "a row is wider than any printer's head")
            }
            band += pixels[row * rowBytes..<(row + rows) * rowBytes]
            try send(band, to: printer, context)
            row += rows
            try context.report(.fraction(Double(row) / Double(image.height)))
        }
        return !context.isCancelled
    }

    private func send(_ bytes: [UInt8], to printer: PrinterConnection, _ context: CommandContext) throws {
        var over: ContinuousClock.Instant?
        let rest = timing.rest
        try printer.write(bytes, stall: timing.stall) {
            if context.isCancelled || context.remainingMilliseconds == 0, over == nil { over = .now + .milliseconds(rest) }
            return over.map { $0 > .now } != false
        }
    }

    /// Whether the printer has what was sent: one that is stuck may not, and what a port holds for it is lost when that is closed. In the little time
    /// that is left after a cancel.
    private func hasTaken(_ printer: PrinterConnection) -> Bool {
        let brief = CommandContext(deadline: .now + .milliseconds(Int(2 * timing.look))) { _, _ in }
        return !options.answers || (try? printer.status(limit: timing.look, stall: timing.stall, brief)) != nil
    }

    /// Waits until the printer has come to the end of the receipt, and has paper then.
    private func confirm(_ image: RasterImage, _ printer: PrinterConnection, _ context: CommandContext) throws {
        guard options.answers else {
            if let fault = try onlyStatus(of: printer, context).fault { throw Self.incomplete(fault) }
            return
        }
        // It may pause for a head that is too hot, and take nothing meanwhile.
        try printer.fence(stall: timing.stall, context)
        let settled = ContinuousClock.now + .milliseconds(Int(timing.settle) + image.height * 1000 / Int(timing.rowsPerSecond))
        while true {
            // The fence first: what is told after it was answered is how the printer was at the end of the receipt.
            let isFenced = printer.isFenced
            let status = try status(of: printer, stall: timing.stall, context)
            // A head that is too hot goes on by itself.
            if let fault = status.fault, status.flags & Int32(KIOSK_RECEIPT_RECOVERING) == 0 { throw Self.incomplete(fault) }
            if status.fault == nil {
                if isFenced, printer.isAnswerOurs { return }
                if settled < .now {
                    // Whatever was sent before this receipt has been answered by now, or never will be.
                    printer.settle()
                    return
                }
            }
            if context.remainingMilliseconds == 0 {
                throw Self.incomplete(
                    DeviceFault(code: "", action: .clear, detail: "the printer hadn't come to the end of the receipt when its time was over"))
            }
            try context.pause(.milliseconds(timing.look))
        }
    }

    /// Never "printed": how much of it came out isn't known.
    private static func incomplete(_ cause: DeviceFault) -> DeviceFault {
        DeviceFault(code: "receiptPrinter.incomplete", action: cause.action, detail: "the receipt isn't whole: \(cause.detail)")
    }
}

// MARK: The printer

extension ReceiptPrinterDriver {
    /// The printer, open and in step, and how it is. What hung out of it is cut off if it can print.
    private func ready(_ context: CommandContext) throws -> (printer: PrinterConnection, status: PrinterStatus) {
        try context.checkCancelled()
        let printer = try connection ?? PrinterConnection(line: try open(), limit: timing.answer, recorder: recorder)
        connection = printer
        if !printer.isInStep { try resynchronise(printer, context) }
        let status = try status(of: printer, stall: timing.resync, context)
        // A serial port takes a cut without a printer behind it, or with one that forgets what it took when its cover is shut. So only a printer that
        // answers is told to cut, and it has cut only when it has answered once more.
        guard hangsOut, status.fault == nil, printer.hasAnswered || !options.answers else { return (printer, status) }
        try send(end, to: printer, context)
        let after = try self.status(of: printer, stall: timing.stall, context)
        hangsOut = options.answers && !printer.hasAnswered
        return (printer, after)
    }

    /// Ends a receipt.
    private var end: [UInt8] { options.hasCutter ? EscPos.cut : EscPos.feed }

    /// Whoever was cut off in the middle of a band left the printer waiting for pixels. As many zero bytes as the longest command has left nobody in
    /// the middle of one: they are white rows to a band that was torn, end any shorter command, and mean nothing between commands. Then ESC @.
    private func resynchronise(_ printer: PrinterConnection, _ context: CommandContext) throws {
        let longest = Int(KIOSK_RECEIPT_BAND_HEADER) + Int(KIOSK_RECEIPT_BAND_ROWS) * options.width / 8
        let bytes = [UInt8](repeating: 0, count: longest) + EscPos.begin
        let end = min(ContinuousClock.now + .milliseconds(timing.resync), context.deadline)
        try printer.write(bytes, stall: timing.resync) { !context.isCancelled && end > .now }
        printer.isInStep = true
    }

    /// All that can be known of a printer that answers nothing. A port that there was no time to ask tells as little as one that has no status.
    private func onlyStatus(of printer: PrinterConnection, _ context: CommandContext) throws -> PrinterStatus {
        do {
            return try printer.portStatus(context) ?? PrinterStatus()
        } catch {
            guard error == .mute else { throw error }
            return PrinterStatus()
        }
    }

    private func status(of printer: PrinterConnection, stall: Int32, _ context: CommandContext) throws -> PrinterStatus {
        guard options.answers else { return try onlyStatus(of: printer, context) }
        // What is wrong with the line is seen below too.
        let port = try? printer.portStatus(context)
        do {
            let status = try printer.status(limit: timing.answer, stall: stall, context)
            isStuck = false
            return status
        } catch PrinterFailure.mute where port?.fault != nil {
            return port ?? PrinterStatus()
        }
    }

    /// Opens the port anew after a failure of the line and tries once more.
    private func retryingOnce<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as PrinterFailure {
            // What could not even be opened, or takes nothing, is no better a moment later.
            let wasOpen = connection != nil
            connection = nil
            guard wasOpen, failure != .blocked else { throw failure }
        }
        do {
            return try body()
        } catch let failure as PrinterFailure {
            connection = nil
            throw failure
        }
    }
}
