internal import DeviceLink
internal import Glibc
internal import KioskModel

/// One document on its way to paper: look, create, send, watch; and cancel whatever can't be finished.
struct PrintJob {
    let printer: IPPPrinter
    let request: PrintRequest
    let document: MemoryFile
    let context: CommandContext
    /// Kept back from the deadline so that a job can still be cancelled in it.
    private let reserve: Int32

    /// Milliseconds between two looks at the job.
    private static let interval: UInt32 = 200
    /// An obstacle must last this long while the job runs: the reason for the last sheet's empty tray comes before the job's end.
    private static let patience: Duration = .seconds(1)
    /// So long a printer may not answer while it prints.
    private static let silence: Duration = .seconds(5)

    init(printer: IPPPrinter, request: PrintRequest, document: MemoryFile, context: CommandContext) {
        self.printer = printer
        self.request = request
        self.document = document
        self.context = context
        reserve = min(2500, context.remainingMilliseconds / 3)
    }

    /// Returns the sheets that came out. Throws `DeviceFault`, `PrinterFailure` or `CancellationError`; no job is left behind.
    func run() throws -> Int {
        if let obstacle = try printer.status(milliseconds: time(atMost: 2000)).obstacle { throw obstacle.fault }
        let job = try create()
        do {
            try context.checkCancelled()
            try printer.send(document, job: job, context: context, milliseconds: time())
            return try watch(job)
        } catch {
            // A job that ended well in the meantime is told as such: the paper lies in the tray.
            if let sheets = withdraw(job) { return sheets }
            throw error
        }
    }

    /// Milliseconds left for printing.
    private func time(atMost limit: Int32 = .max) throws -> Int32 {
        let left = context.remainingMilliseconds - reserve
        guard left > 0 else {
            throw DeviceFault(code: "printer.deadline", action: .reset, detail: "The document wasn't printed in the time given.")
        }
        return min(left, limit)
    }

    /// A printer that still ends the last job says busy; it is asked again until the deadline.
    private func create() throws -> Int32 {
        while true {
            try context.checkCancelled()
            do {
                return try printer.createJob(title: request.title, copies: request.copies, milliseconds: time())
            } catch let failure as PrinterFailure where failure == .busy {
                if let obstacle = try printer.status(milliseconds: time(atMost: 2000)).obstacle { throw obstacle.fault }
                guard context.remainingMilliseconds > reserve + Int32(Self.interval) else {
                    throw DeviceFault(code: "printer.busy", action: .reset, detail: "The printer was busy with another job all the time.")
                }
                usleep(Self.interval * 1000)
            }
        }
    }

    private func watch(_ job: Int32) throws -> Int {
        var reported: PrinterProgress?
        var blockedSince: ContinuousClock.Instant?
        var heardLast = ContinuousClock.now
        while true {
            try context.checkCancelled()
            let (state, status): (IPPPrinter.Job, IPPPrinter.Status)
            do {
                // The printer first: a job that completes between the two looks is then seen as completed, whatever the tray says.
                status = try printer.status(milliseconds: time(atMost: 2000))
                state = try printer.job(job, milliseconds: time(atMost: 2000))
                heardLast = .now
            } catch let failure as PrinterFailure where failure.mayPass && ContinuousClock.now - heardLast < Self.silence {
                usleep(Self.interval * 1000)
                continue
            }
            let progress = PrinterProgress(sheetsPrinted: state.sheets ?? 0, reasons: status.reasons)
            if progress != reported {
                try context.report(.printing(progress))
                reported = progress
            }
            switch state.state {
            case .completed: return sheets(state)
            case .aborted:
                if let obstacle = status.obstacle { throw obstacle.fault }
                throw aborted(state, by: "given up")
            case .cancelled: throw aborted(state, by: "cancelled at the printer")
            case .waiting, .held, .stopped: break
            }
            if let obstacle = status.obstacle {
                let since = blockedSince ?? .now
                blockedSince = since
                if ContinuousClock.now - since >= Self.patience { throw obstacle.fault }
            } else {
                blockedSince = nil
            }
            usleep(Self.interval * 1000)
        }
    }

    private func aborted(_ job: IPPPrinter.Job, by whom: String) -> DeviceFault {
        DeviceFault(
            code: "printer.aborted", action: .reset, detail: "The job was \(whom); job-state-reasons: \(job.reasons.joined(separator: ", "))")
    }

    /// What the printer counted, else at least one sheet for every copy.
    private func sheets(_ job: IPPPrinter.Job) -> Int {
        max(job.sheets ?? 0, request.copies)
    }

    /// Cancels the job, asking again while the printer doesn't answer. Returns its sheets when it turns out to have completed.
    private func withdraw(_ job: Int32) -> Int? {
        let end = ContinuousClock.now + .milliseconds(max(500, min(reserve, context.remainingMilliseconds)))
        var asked = false
        while ContinuousClock.now < end {
            if !asked { asked = (try? printer.cancel(job: job, milliseconds: 500)) != nil }
            if let state = try? printer.job(job, milliseconds: 500) {
                if state.state == .completed { return sheets(state) }
                if asked && state.isEnding || state.hasEnded { return nil }
            }
            usleep(50_000)
        }
        return nil
    }
}
