internal import CodeScannerShim
public import DeviceLink
public import KioskModel
internal import Line
internal import LineShim

/// A scanner of bar codes and QR codes that reads whatever is held before it: HID-POS, or lines on a serial port.
///
/// One rule shapes it: a code belongs to whoever is asked for it. The scanner reads at all times, so it stays open and what it says unasked is dropped:
/// a code that began before the command did, shown by the citizen before perhaps, is never the answer to it.
public final class CodeScannerDriver: RecordableDriver {
    /// The longest opening, milliseconds.
    private static let opening: Int32 = 1000
    /// Between two looks whether the command is still wanted, milliseconds.
    private static let step: Int32 = 100

    private let form: kiosk_code_form
    /// Makes the line, not opened yet, and says where it leads.
    private let makeLine: () throws(ScannerFailure) -> (line: kiosk_line, path: String)
    private let recorder = LineRecorder()
    private var connection: ScannerConnection?

    /// Options: `usb`, vendor and product as `0c2e:0b61`, and `serial` when there are several; or `hidraw`, the node's path; or `port`, the tty's path,
    /// and `baud` (9600, 19200, 38400, 57600 or 115200; 9600 if none is given).
    /// - Throws: `DeviceFault` `codeScanner.configuration`.
    public convenience init(options: [String: String]) throws {
        let port = try ScannerPort(options: options)
        self.init(form: port.form) { () throws(ScannerFailure) in try port.makeLine() }
    }

    init(form: kiosk_code_form, makeLine: @escaping () throws(ScannerFailure) -> (line: kiosk_line, path: String)) {
        self.form = form
        self.makeLine = makeLine
    }

    public func poll() -> DeviceStatus {
        do throws(ScannerFailure) {
            let scanner = try emptied()
            return DeviceStatus(state: .ready, identity: [DeviceStatus.node: scanner.path])
        } catch {
            return DeviceStatus(state: error.state, fault: error.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard command == .awaitCode else {
            throw DeviceFault(
                code: "codeScanner.unsupported-command", action: .configure, detail: "a code scanner was given another device's command")
        }
        do {
            return DeviceReply(.code(try awaitCode(context)))
        } catch let failure as ScannerFailure {
            if let remedy = failure.remedy { throw remedy }
            connection = nil
            throw failure.fault
        }
    }

    public func beginRecording() throws {
        connection = nil
        recorder.begin()
        do throws(ScannerFailure) {
            _ = try emptied()
        } catch {
            connection = nil
            recorder.cancel()
            throw error.fault
        }
    }

    /// Of every code that passed only its length and the kinds of its characters are left.
    public func endRecording() throws -> String {
        func refuse(_ detail: String) -> DeviceFault { DeviceFault(code: "link.recording-refused", action: .reset, detail: detail) }
        // The line that is open would go on holding the tape.
        connection = nil
        var recording: Recording
        do {
            recording = try recorder.end()
        } catch {
            throw refuse(error == .notBegun ? "no recording was begun" : "more passed than a recording holds: record less at a time")
        }
        defer { recording.wipe() }
        guard let redacted = CodeRedactor.redacted(recording, form: form) else {
            throw refuse("the scanner sent reports that aren't a code's: nobody knows what is in them")
        }
        return redacted.text
    }
}

extension CodeScannerDriver {
    private func awaitCode(_ context: CommandContext) throws -> ScannedCode {
        try context.checkCancelled()
        let scanner = try emptied()
        while true {
            if let code = try scanner.read(limit: min(Self.step, context.remainingMilliseconds)) { return code }
            try context.checkCancelled()
            if context.remainingMilliseconds == 0 { throw CitizenRemedy.showCodeAgain }
        }
    }

    /// The scanner, open, with nothing in it that was shown before. One that was plugged out and in again is opened anew.
    private func emptied() throws(ScannerFailure) -> ScannerConnection {
        if let connection {
            if (try? connection.discard()) != nil { return connection }
            self.connection = nil
        }
        let (line, path) = try makeLine()
        let opened = try ScannerConnection(line: recorder.line(around: line), form: form, path: path, limit: Self.opening)
        connection = opened
        return opened
    }
}
