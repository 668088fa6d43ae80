public import DeviceLink
public import KioskModel

/// An A4 printer that speaks IPP (RFC 8011), as every network printer sold since 2010 does, or a queue of a print server before any other.
/// What a citizen prints leaves the machine now or never: a job that can't go on is cancelled, so that it doesn't come out for the next one.
public final class PrinterDriver: DeviceDriver {
    private let options: PrinterOptions
    /// What was learnt when the printer was met; nil again once it is out of reach.
    private var route: PrinterRoute?
    /// Jobs of ours may lie at the printer: an earlier host's, or one that couldn't be cancelled for certain.
    private var mayHaveLeftovers = true
    /// When a job of ours last failed, until the queue is seen to be well behind that: whoever pauses it meanwhile is its backend, not a person.
    private var lastFailure: ContinuousClock.Instant?
    /// Milliseconds for one look at the printer, and the time for all looks of a poll together.
    private static let glance: Int32 = 2000
    private static let pollLimit: Duration = .seconds(8)
    /// So long after its job a backend may still stop the queue: `JobKillDelay`, and as much again.
    private static let backendGrace: Duration = .seconds(10)

    /// Options: `uri=ipp://ADDRESS:PORT/ipp/print`, or `queue=NAME` with `server=/run/cups/cups.sock`; `user=NAME`, by default made of the
    /// host's name; `patience=SECONDS`. Throws a fault `printer.bad-option`.
    public init(options: [String: String]) throws {
        self.options = try PrinterOptions(options)
    }

    /// `identity`: `model`, `colour`, `two-sided`, `media`, a queue's `error-policy`, and `reasons` while the printer has anything to say.
    public func poll() -> DeviceStatus {
        let limit = IPPPrinter.Limit(milliseconds: Self.glance, end: .now + Self.pollLimit)
        do {
            let route = try meet(limit)
            let status = try look(at: route, limit)
            var identity = route.capabilities.identity
            if !status.reasons.isEmpty { identity["reasons"] = PrinterReason.keywords(status.reasons).joined(separator: ",") }
            let obstacle = status.obstacle
            return DeviceStatus(
                state: obstacle?.state ?? .ready, fault: obstacle?.fault, identity: identity, conditions: PrinterReason.conditions(status.reasons))
        } catch let failure as PrinterFailure {
            route = nil
            return DeviceStatus(state: failure.state, fault: failure.fault)
        } catch {
            return DeviceStatus(state: .needsTechnician, fault: DeviceFault(code: "printer.protocol", action: .reset, detail: "\(type(of: error))"))
        }
    }

    /// `.print` with one PDF. Faults: those of `PrinterReason` and `PrinterFailure`, `printer.busy`, `printer.aborted`, `printer.deadline`,
    /// `printer.bad-document`, `printer.no-pdf`, `printer.no-a4`, `printer.too-many-copies`, `printer.unsupported`; and `printer.uncertain` when
    /// pages may have come out, or may still: a job that nobody may print again without a look at the output tray.
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
            let route = try meet(IPPPrinter.Limit(milliseconds: Self.glance, end: context.deadline, context: context))
            var job = PrintJob(
                route: route, request: request, ticket: try route.capabilities.ticket(for: request), patience: options.patience, context: context)
            var sheets: Int?
            defer {
                mayHaveLeftovers = mayHaveLeftovers || job.mayBeLeftOver
                if job.wasMade { lastFailure = sheets == nil ? .now : nil }
            }
            let printed = try job.run(files[0])
            sheets = printed
            return DeviceReply(.printed(sheets: printed))
        } catch let failure as PrinterFailure {
            if failure == .stopped { throw CancellationError() }
            if failure.mayPass { route = nil }
            throw failure.fault
        }
    }

    private func look(at route: PrinterRoute, _ limit: IPPPrinter.Limit) throws -> IPPPrinter.Status {
        guard let failed = lastFailure else { return try route.status(limit) }
        try route.resumeQueue(limit)
        let status = try route.status(limit)
        if ContinuousClock.now - failed > Self.backendGrace { lastFailure = nil }
        return status
    }

    /// Learns what the printer can do, and cancels leftovers, once each.
    private func meet(_ limit: IPPPrinter.Limit) throws -> PrinterRoute {
        let met = try route ?? PrinterRoute(options, limit)
        route = met.capabilities.isKnown ? met : nil
        if mayHaveLeftovers {
            if try met.cancelLeftovers(limit) { lastFailure = .now }
            // Until a server's backend is gone for certain, the machine may get the job that the server has already ended.
            mayHaveLeftovers = met.isQueue && lastFailure.map { .now - $0 < Self.backendGrace } ?? false
        }
        return met
    }
}
