internal import DeviceLink
internal import KioskModel
internal import PrinterShim

/// The shim's calls with Swift values: one printer, or one queue of a print server. Throws `PrinterFailure`.
struct IPPPrinter {
    /// as the driver's options give it, or made of a queue's name
    let uri: String
    /// the print server's domain socket; nil for what `uri` says
    let socket: String?
    /// `requesting-user-name` of every job
    let user: String
    /// nil: each call makes a connection of its own
    private var connection: Connection?

    init(uri: String, socket: String?, user: String) {
        self.uri = uri
        self.socket = socket
        self.user = user
    }

    /// The same, with one connection for all calls until it is let go: a handshake less for each, and TLS makes those long.
    func keepingConnection() -> IPPPrinter {
        var printer = self
        printer.connection = Connection()
        return printer
    }

    private final class Connection {
        let raw = kiosk_printer_connection_new()

        deinit {
            if let raw { kiosk_printer_connection_free(raw) }
        }
    }

    /// How long a call may take, and who may end it sooner.
    struct Limit {
        /// for one call
        var milliseconds: Int32
        /// for all calls that have this limit together
        var end: ContinuousClock.Instant?
        var context: CommandContext?

        init(milliseconds: Int32, end: ContinuousClock.Instant? = nil, context: CommandContext? = nil) {
            self.milliseconds = milliseconds
            self.end = end
            self.context = context
        }

        fileprivate var millisecondsNow: Int32 {
            guard let end else { return milliseconds }
            return min(milliseconds, Int32(max(0, (end - .now) / .milliseconds(1))))
        }
    }

    struct Status {
        /// `printer-state` 5: nothing prints until somebody acts.
        var isStopped: Bool
        var isAccepting: Bool
        var reasons: [String]

        /// What keeps it from printing; nil when nothing does.
        var obstacle: (state: DeviceState, fault: DeviceFault)? {
            if let reason = PrinterReason.blocking(reasons) { return (reason.state, reason.fault(reasons)) }
            if isStopped {
                let detail = PrinterReason.detail("The printer has stopped", reasons)
                return (.needsTechnician, DeviceFault(code: "printer.stopped", action: .reset, detail: detail))
            }
            guard isAccepting else {
                let detail = "The printer takes no jobs (printer-is-accepting-jobs is false)."
                return (.needsTechnician, DeviceFault(code: "printer.not-accepting", action: .reset, detail: detail))
            }
            return nil
        }
    }

    struct Job {
        enum State { case waiting, held, stopped, cancelled, aborted, completed }

        var state: State
        /// nil when the printer doesn't count.
        var sheets: Int?
        var impressions: Int?
        var reasons: [String]

        /// Of a job that has come to its end and isn't whole (RFC 8011 §5.3.8).
        static let withErrors = "job-completed-with-errors"
        var hasErrors: Bool { reasons.contains(Self.withErrors) }
        var hasEnded: Bool { state == .cancelled || state == .aborted || state == .completed }
        /// A cancelled job that the printer has promised to end.
        var isEnding: Bool { hasEnded || isStopping }
        var isStopping: Bool { reasons.contains("processing-to-stop-point") }
    }

    struct ListedJob: Equatable {
        var id: Int32
        var name: String
    }

    func status(_ limit: Limit) throws -> Status {
        var raw = kiosk_printer_status()
        try call(limit) { kiosk_printer_query($0, $1, &raw) }
        return Status(isStopped: raw.state == 5, isAccepting: raw.accepting, reasons: Self.words(raw.reasons))
    }

    func capabilities(_ limit: Limit) throws -> PrinterCapabilities {
        var raw = kiosk_printer_capabilities()
        try call(limit) { kiosk_printer_query_capabilities($0, $1, &raw) }
        return PrinterCapabilities(
            model: Self.text(of: raw.model), deviceURI: Self.text(of: raw.device_uri), media: Self.words(raw.media),
            errorPolicy: Self.text(of: raw.error_policy), hasTwoLongEdge: raw.two_sided_long_edge, hasTwoShortEdge: raw.two_sided_short_edge,
            hasOneSided: raw.one_sided, hasColour: raw.color, hasMonochrome: raw.monochrome, hasA4: raw.a4, takesPDF: raw.pdf,
            maxCopies: Int(raw.copies))
    }

    func createJob(title: String, copies: Int, _ ticket: PrinterCapabilities.Ticket, _ limit: Limit) throws -> Int32 {
        try title.withCString { title in
            try user.withCString { user in
                try Self.withOptional(ticket.sides) { sides in
                    try Self.withOptional(ticket.colour) { colour in
                        try Self.withOptional(ticket.media) { media in
                            var job = kiosk_printer_job(
                                title: title, user: user, copies: Int32(copies), sides: sides, color: colour, media: media)
                            return try call(limit) { kiosk_printer_create_job($0, $1, &job) }
                        }
                    }
                }
            }
        }
    }

    /// Returns how many bytes left, and why no more: nil when the printer has taken the whole document.
    func send(_ document: MemoryFile, job: Int32, _ limit: Limit) throws -> (sent: Int, failure: PrinterFailure?) {
        try document.withBytes { bytes in
            guard let start = bytes.baseAddress else { return (0, nil) }
            var sent = 0
            do {
                try call(limit) { kiosk_printer_send_document($0, $1, job, user, start, bytes.count, &sent) }
                return (sent, nil)
            } catch let failure as PrinterFailure {
                return (sent, failure)
            }
        }
    }

    func job(_ job: Int32, _ limit: Limit) throws -> Job {
        var raw = kiosk_job_status()
        try call(limit) { kiosk_printer_query_job($0, $1, job, user, &raw) }
        let reasons = Self.words(raw.reasons)
        let state: Job.State =
            switch raw.state {
            case 4: .held
            case 6: .stopped
            case 7: .cancelled
            case 8: .aborted
            case 9: reasons.contains(Job.withErrors) ? .aborted : .completed
            default: .waiting
            }
        // What no job of ours can have is no count.
        func counted(_ number: Int32) -> Int? { (0...10_000).contains(number) ? Int(number) : nil }
        return Job(state: state, sheets: counted(raw.sheets), impressions: counted(raw.impressions), reasons: reasons)
    }

    func cancel(job: Int32, _ limit: Limit) throws {
        try call(limit) { kiosk_printer_cancel_job($0, $1, job, user) }
    }

    /// Lets a queue print again that was paused.
    func resume(_ limit: Limit) throws {
        try call(limit) { kiosk_printer_resume($0, $1, user) }
    }

    /// The user's jobs that haven't ended, oldest first, or those that have, newest first; sixteen at most.
    func jobs(ended: Bool = false, _ limit: Limit) throws -> [ListedJob] {
        var raw = [kiosk_printer_listed_job](repeating: kiosk_printer_listed_job(), count: 16)
        let count = try call(limit) { kiosk_printer_list_jobs($0, $1, user, ended, &raw, raw.count) }
        return raw.prefix(Int(count)).map { ListedJob(id: $0.id, name: Self.text(of: $0.name)) }
    }

    /// Makes the C structures of one call. Returns its result ≥ 0.
    @discardableResult
    private func call(
        _ limit: Limit, _ body: (UnsafePointer<kiosk_printer_address>, UnsafePointer<kiosk_printer_limit>) -> Int32
    ) throws -> Int32 {
        let result = uri.withCString { uri in
            Self.withOptional(socket) { socket in
                var address = kiosk_printer_address(uri: uri, socket: socket, connection: connection?.raw)
                var limit = kiosk_printer_limit(
                    timeout_ms: limit.millisecondsNow,
                    stop: { context in context.map { Unmanaged<CommandContext>.fromOpaque($0).takeUnretainedValue().isCancelled } ?? false },
                    context: limit.context.map { Unmanaged.passUnretained($0).toOpaque() })
                return body(&address, &limit)
            }
        }
        return try PrinterFailure.check(result)
    }

    private static func withOptional<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) throws -> Result) rethrows -> Result {
        guard let text else { return try body(nil) }
        return try text.withCString(body)
    }

    /// A comma-separated list in a C array.
    private static func words<Characters>(_ list: Characters) -> [String] {
        text(of: list).split(separator: ",").map(String.init)
    }

    /// A C array of characters up to its NUL.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
