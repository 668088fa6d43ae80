import DeviceLink
import KioskModel

/// A driver whose device says anything: its texts go into every text that a driver can hand on, and every file is read to its ends.
final class WildDriver: DeviceDriver {
    private let texts: [String]
    private var polls = 0

    init(_ texts: [String]) throws {
        self.texts = texts
        if texts.first == "broken" { throw fault }
    }

    private var fault: DeviceFault { DeviceFault(code: texts.first ?? "", action: .reset, detail: texts.last ?? "") }

    func poll() -> DeviceStatus {
        polls += 1
        let identity = Dictionary(zip(texts, texts.reversed())) { first, _ in first }
        let conditions = texts.indices.map { DeviceCondition(.doorOpen, $0 + polls) }
        return DeviceStatus(state: .ready, fault: polls % 2 == 0 ? fault : nil, identity: identity, conditions: conditions)
    }

    func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        demand(files.count == command.fileCount, "\(files.count) files came with a command of \(command.fileCount)")
        demand(context.remainingMilliseconds <= LinkBounds.maxDeadline, "a deadline beyond its bound")
        for file in files {
            let sum = try file.withBytes { bytes in bytes.isEmpty ? 0 : Int(bytes[0]) + Int(bytes[bytes.count - 1]) }
            demand((0...510).contains(sum), "bytes of more than eight bits")
        }
        try context.checkCancelled()
        try context.report(.printing(PrinterProgress(sheetsPrinted: 0, reasons: texts)))
        try context.report(.fraction(0.5))
        switch texts.count % 4 {
        case 0: return DeviceReply(.done)
        case 1: return DeviceReply(.printed(sheets: 1), files: files)
        case 2: throw CitizenRemedy.scanAgain
        default: throw fault
        }
    }
}
