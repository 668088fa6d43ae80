import DeviceLink
import Glibc
import KioskModel

/// Does what the command's numbers and the options say.
final class ScriptedDriver: RecordableDriver {
    private let options: [String: String]
    private var polls = 0

    /// How often one was made in this process, on the one driver thread.
    private nonisolated(unsafe) static var made = 0

    /// `broken=1`: can't be made. `wedge=FILE`: offline while the file is there; with `mend=reset` the second driver of a process removes it.
    init(options: [String: String]) throws {
        self.options = options
        Self.made += 1
        if options["mend"] == "reset", Self.made > 1, let wedge = options["wedge"] { unlink(wedge) }
        if options["broken"] != nil {
            throw DeviceFault(code: "test.broken", action: .configure, detail: "the driver was told to be broken")
        }
    }

    /// `poll=hang`: never returns. `poll-file=FILE`: from the second on, makes the file and takes three seconds.
    func poll() -> DeviceStatus {
        if options["poll"] == "hang" { hang() }
        polls += 1
        if polls > 1, let file = options["poll-file"] {
            close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
            _ = Glibc.poll(nil, 0, 3000)
        }
        if let wedge = options["wedge"], access(wedge, F_OK) == 0 {
            return DeviceStatus(state: .offline, fault: DeviceFault(code: "test.wedged", action: .reset, detail: "doesn't answer"))
        }
        let identity = ["model": "scripted"].merging(options["usb"].map { ["usb": $0] } ?? [:]) { $1 }
        return DeviceStatus(state: .ready, identity: identity)
    }

    /// For the imaging class: `renderReceipt`'s title says what to do. For the scanner: `maxPages` pages of 8 × 4 pixels.
    func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        switch command {
        case .scan(let request):
            for index in 0..<request.maxPages {
                let image = PageImage(index: index, format: .gray8, width: 8, height: 4, bytesPerRow: 8, resolution: 200)
                try context.report(.page(image), files: [try MemoryFile.copying([UInt8](repeating: UInt8(index), count: 32))])
            }
            return DeviceReply(.scanned(pages: request.maxPages))
        case .print:
            let bytes = try files[0].withBytes { Array($0) }
            try context.report(.printing(PrinterProgress(sheetsPrinted: 0, reasons: ["none", "a\nb", String(repeating: "x", count: 300)])))
            return DeviceReply(.printed(sheets: bytes.count))
        case .openDoor(let door):
            if door == 66 { abort() }
            return DeviceReply(.doors((1...8).map { LockerDoor(number: $0, isOpen: $0 == door) }))
        case .readKeys:
            try stayDeaf(context)
            return DeviceReply(.done)
        case .renderReceipt(let content):
            return try obey(content.title, context)
        default:
            throw DeviceFault(code: "test.unknown", action: .configure, detail: "not scripted")
        }
    }

    /// `deaf=MILLISECONDS`: so much later than it should, it notices that its time is over or nobody wants it any more.
    private func stayDeaf(_ context: CommandContext) throws {
        while !context.isCancelled, context.remainingMilliseconds > 0 { _ = Glibc.poll(nil, 0, 20) }
        _ = Glibc.poll(nil, 0, options["deaf"].flatMap(Int32.init) ?? 0)
        try context.checkCancelled()
    }

    private func obey(_ word: String, _ context: CommandContext) throws -> DeviceReply {
        // Tells the test that the driver is at it.
        try context.report(.fraction(0))
        switch word {
        case "succeed": break
        case "fractions": for step in 0...5000 { try context.report(.fraction(Double(step) / 5000)) }
        case "remedy": throw CitizenRemedy.scanAgain
        case "fault": throw DeviceFault(code: "test.fault", action: .refill, detail: "line one\nline two " + String(repeating: "x", count: 2000))
        case "surprise": throw Surprise(secret: "110101199003074514")
        case "hang": hang()
        case "crash": abort()
        case "until-deadline":
            while context.remainingMilliseconds > 0 { _ = Glibc.poll(nil, 0, 20) }
            throw CancellationError()
        case "until-cancelled":
            // What a driver does between short C calls.
            while true {
                try context.checkCancelled()
                _ = Glibc.poll(nil, 0, 20)
            }
        default: throw DeviceFault(code: "test.unknown", action: .configure, detail: "not scripted")
        }
        let file = try MemoryFile.copying(Array("%PDF-1.4".utf8))
        return DeviceReply(.document(DocumentInfo(mediaType: "application/pdf", byteCount: 8, pageCount: 1)), files: [file])
    }

    private var isRecording = false

    func beginRecording() { isRecording = true }

    func endRecording() throws -> String {
        guard isRecording else { throw DeviceFault(code: "test.not-recording", action: .configure, detail: "nothing was begun") }
        isRecording = false
        return "# scripted\n"
    }

    private struct Surprise: Error { let secret: String }

    private func hang() -> Never {
        while true { pause() }
    }
}
