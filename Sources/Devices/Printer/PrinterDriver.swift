public import DeviceLink
public import KioskModel

/// A receipt and form printer that speaks IPP (RFC 8011), which every network printer sold since 2010 does.
/// What a citizen prints leaves the machine now or never: a job that can't go on is cancelled, so that it doesn't come out for the next one.
public final class PrinterDriver: DeviceDriver {
    private let printer: IPPPrinter
    /// Milliseconds for one look at the printer.
    private static let glance: Int32 = 2000

    /// Options: `uri=ipp://ADDRESS:PORT/ipp/print`, required. Throws a fault `printer.bad-option`.
    public init(options: [String: String]) throws {
        guard let uri = options["uri"], uri.hasPrefix("ipp://") || uri.hasPrefix("ipps://") else {
            throw DeviceFault(code: "printer.bad-option", action: .configure, detail: "The printer needs uri=ipp://ADDRESS:PORT/ipp/print.")
        }
        if let unknown = options.keys.sorted().first(where: { $0 != "uri" }) {
            throw DeviceFault(code: "printer.bad-option", action: .configure, detail: "The printer has no option \(unknown).")
        }
        printer = IPPPrinter(uri: uri)
    }

    /// `identity`: `model`, and `reasons` while the printer has anything to say (`media-low` among them).
    public func poll() -> DeviceStatus {
        do {
            let status = try printer.status(milliseconds: Self.glance)
            var identity = ["model": status.model]
            if !status.reasons.isEmpty { identity["reasons"] = PrinterReason.keywords(status.reasons).joined(separator: ",") }
            let obstacle = status.obstacle
            return DeviceStatus(state: obstacle?.state ?? .ready, fault: obstacle?.fault, identity: identity)
        } catch let failure as PrinterFailure {
            return DeviceStatus(state: failure.state, fault: failure.fault)
        } catch {
            return DeviceStatus(state: .needsTechnician, fault: DeviceFault(code: "printer.protocol", action: .reset, detail: "\(type(of: error))"))
        }
    }

    /// `.print` with one PDF. Faults: those of `PrinterReason` and `PrinterFailure`, `printer.busy`, `printer.aborted`, `printer.deadline`,
    /// `printer.bad-document`, `printer.unsupported`.
    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard case .print(let request) = command else {
            throw DeviceFault(code: "printer.unsupported", action: .configure, detail: "Another device's command was sent to the printer.")
        }
        guard files.count == 1, try files[0].withBytes({ $0.starts(with: Array("%PDF-".utf8)) }) else {
            throw DeviceFault(code: "printer.bad-document", action: .configure, detail: "A print takes exactly one PDF.")
        }
        guard (1...99).contains(request.copies) else {
            throw DeviceFault(code: "printer.bad-document", action: .configure, detail: "\(request.copies) copies can't be printed.")
        }
        do {
            let job = PrintJob(printer: printer, request: request, document: files[0], context: context)
            return DeviceReply(.printed(sheets: try job.run()))
        } catch let failure as PrinterFailure {
            if failure == .stopped { throw CancellationError() }
            throw failure.fault
        }
    }
}
