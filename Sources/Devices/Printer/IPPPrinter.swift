internal import DeviceLink
internal import KioskModel
internal import PrinterShim

/// The shim's calls with Swift values. Throws `PrinterFailure`.
struct IPPPrinter {
    /// `requesting-user-name` of every job.
    static let user = "kiosk"

    let uri: String

    struct Status {
        /// `printer-state` 5: nothing prints until somebody acts.
        var isStopped: Bool
        var isAccepting: Bool
        var reasons: [String]
        var model: String

        /// What keeps it from printing; nil when nothing does.
        var obstacle: (state: DeviceState, fault: DeviceFault)? {
            if let reason = PrinterReason.blocking(reasons) { return (reason.state, reason.fault(reasons)) }
            if isStopped {
                let detail = "The printer has stopped; printer-state-reasons: \(reasons.joined(separator: ", "))"
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
        var reasons: [String]

        var hasEnded: Bool { state == .cancelled || state == .aborted || state == .completed }
        /// A cancelled job that the printer has promised to end.
        var isEnding: Bool { hasEnded || reasons.contains("processing-to-stop-point") }
    }

    func status(milliseconds: Int32) throws -> Status {
        var raw = kiosk_printer_status()
        try PrinterFailure.check(kiosk_printer_query(uri, milliseconds, &raw))
        return Status(
            isStopped: raw.state == 5, isAccepting: raw.accepting, reasons: Self.words(Self.text(of: raw.reasons)), model: Self.text(of: raw.model))
    }

    func createJob(title: String, copies: Int, milliseconds: Int32) throws -> Int32 {
        try PrinterFailure.check(kiosk_printer_create_job(uri, milliseconds, title, Self.user, Int32(copies)))
    }

    func send(_ document: MemoryFile, job: Int32, context: CommandContext, milliseconds: Int32) throws {
        let result = try document.withBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return 0 }
            return kiosk_printer_send_document(
                uri, milliseconds, job, Self.user, start, bytes.count,
                { context in context.map { Unmanaged<CommandContext>.fromOpaque($0).takeUnretainedValue().isCancelled } ?? false },
                Unmanaged.passUnretained(context).toOpaque())
        }
        try PrinterFailure.check(result)
    }

    func job(_ job: Int32, milliseconds: Int32) throws -> Job {
        var raw = kiosk_job_status()
        try PrinterFailure.check(kiosk_printer_query_job(uri, milliseconds, job, Self.user, &raw))
        let state: Job.State =
            switch raw.state {
            case 4: .held
            case 6: .stopped
            case 7: .cancelled
            case 8: .aborted
            case 9: .completed
            default: .waiting
            }
        return Job(state: state, sheets: raw.sheets < 0 ? nil : Int(raw.sheets), reasons: Self.words(Self.text(of: raw.reasons)))
    }

    func cancel(job: Int32, milliseconds: Int32) throws {
        try PrinterFailure.check(kiosk_printer_cancel_job(uri, milliseconds, job, Self.user))
    }

    private static func words(_ list: String) -> [String] {
        list.split(separator: ",").map(String.init)
    }

    /// A C array of characters up to its NUL.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
