internal import DeviceLink
internal import Glibc
internal import KioskModel

/// One document on its way to paper: look, create, send, watch; and cancel whatever can't be finished.
struct PrintJob {
    let route: PrinterRoute
    let request: PrintRequest
    let ticket: PrinterCapabilities.Ticket
    /// An obstacle may last this long before the job is given up.
    let patience: Duration
    let context: CommandContext
    /// Kept back from the deadline so that a job can still be cancelled in it.
    private let reserve: Int32
    /// Set once bytes of the document have left: from then on paper may come out.
    private var isHandedOver = false
    /// The job behind a print server: the same document at the machine.
    private var twin: Int32?
    /// Jobs of ours that the machine had before, ended or not: a document is printed again under the same title.
    private var earlier: Set<Int32> = []
    /// A job has been made of it, or may have been.
    private(set) var wasMade = false
    /// A job of ours may still be at the printer.
    private(set) var mayBeLeftOver = false

    /// Between two looks at the job.
    private static let interval: Duration = .milliseconds(200)
    /// So long a printer may not answer while it prints.
    private static let silence: Duration = .seconds(5)
    /// So long a job may be withdrawn once kioskd wants no more of it. It replaces a host that isn't free two seconds after a cancel, and the
    /// watchdog ends one a second after the link; a call that was under way may have taken half a second or so before.
    private static let hurry: Duration = .milliseconds(700)

    init(route: PrinterRoute, request: PrintRequest, ticket: PrinterCapabilities.Ticket, patience: Duration, context: CommandContext) {
        self.route = route
        self.request = request
        self.ticket = ticket
        self.patience = patience
        self.context = context
        reserve = min(route.isQueue ? 4000 : 2500, context.remainingMilliseconds / 3)
    }

    /// Returns the sheets that came out. Throws `DeviceFault`, `PrinterFailure` or `CancellationError`; no job is left behind unless
    /// ``mayBeLeftOver`` says so.
    mutating func run(_ document: MemoryFile) throws -> Int {
        // Handed in over one connection. What watches the job asks over its own: a printer may sleep in between, or be swapped.
        let counter = route.keepingConnection()
        let before = try counter.status(look())
        if let obstacle = before.obstacle { throw obstacle.fault }
        if route.isQueue, let machine = route.machine { earlier = Set(try (machine.jobs(look()) + machine.jobs(ended: true, look())).map(\.id)) }
        let job = try create(at: counter)
        do {
            try context.checkCancelled()
            let (sent, failure) = try counter.entrance.send(document, job: job, limit(time()))
            isHandedOver = sent > 0
            _ = consume counter
            if let failure { throw failure }
            // The printer has it all: told before anything is asked again.
            let accepted = PrinterProgress(sheetsPrinted: 0, reasons: before.reasons, fallbacks: ticket.fallbacks)
            try context.report(.printing(accepted))
            return try watch(job, since: accepted)
        } catch {
            switch withdraw(job) {
            // A job that ended well in the meantime is told as such: the paper lies in the tray.
            case .completed(let sheets): return sheets
            case .cancelled where !isLost(error): throw error
            case .unconfirmed where !isHandedOver:
                mayBeLeftOver = true
                throw error
            case .cancelled, .unconfirmed: throw uncertain(error)
            }
        }
    }

    // MARK: Time

    /// Milliseconds left for printing.
    private func time(atMost limit: Int32 = .max) throws -> Int32 {
        let left = context.remainingMilliseconds - reserve
        guard left > 0 else { throw Self.deadline }
        return min(left, limit)
    }

    private func limit(_ milliseconds: Int32) -> IPPPrinter.Limit { .init(milliseconds: milliseconds, context: context) }

    private func look() throws -> IPPPrinter.Limit { limit(try time(atMost: 2000)) }

    // MARK: Printing

    /// A printer that still ends the last job says busy; it is asked again until the deadline.
    private mutating func create(at counter: PrinterRoute) throws -> Int32 {
        while true {
            try context.checkCancelled()
            do {
                wasMade = true
                return try counter.entrance.createJob(title: request.title, copies: request.copies, ticket, limit(time()))
            } catch let failure as PrinterFailure where failure == .busy {
                if let obstacle = try counter.status(look()).obstacle { throw obstacle.fault }
                guard context.deadline - .now > .milliseconds(reserve) + Self.interval else {
                    throw DeviceFault(code: "printer.busy", action: .reset, detail: "The printer was busy with another job all the time.")
                }
                try context.pause(Self.interval)
            } catch let failure as PrinterFailure where !failure.isRefusal {
                // It may have made the job and not have come to say so: without a document, but in the way of the next one.
                mayBeLeftOver = true
                throw failure
            }
        }
    }

    private mutating func watch(_ job: Int32, since accepted: PrinterProgress) throws -> Int {
        var reported = accepted
        var blockedSince: ContinuousClock.Instant?
        var obstacle: DeviceFault?
        var heardLast = ContinuousClock.now
        while true {
            try context.checkCancelled()
            let (status, state, printed): (IPPPrinter.Status, IPPPrinter.Job, Int)
            do {
                // The printer first: a job that completes between the two looks is then seen as completed, whatever the tray says.
                status = try route.status(look())
                (state, printed) = try look(at: job)
                heardLast = .now
            } catch let failure as PrinterFailure where failure.mayPass && ContinuousClock.now - heardLast < Self.silence {
                try context.pause(Self.interval)
                continue
            } catch let fault as DeviceFault where fault == Self.deadline {
                // What the job waited for says more.
                throw obstacle ?? fault
            }
            let progress = PrinterProgress(sheetsPrinted: printed, reasons: status.reasons, fallbacks: ticket.fallbacks)
            if progress != reported {
                try context.report(.printing(progress))
                reported = progress
            }
            switch state.state {
            case .completed: return max(printed > 0 ? printed : sheets(of: state), request.copies)
            case .aborted:
                if state.hasErrors { throw Self.trayFault("The printer ended the job with errors") }
                if let obstacle = status.obstacle { throw obstacle.fault }
                throw aborted(state, by: "given up")
            case .cancelled: throw aborted(state, by: "cancelled at the printer")
            case .waiting, .held, .stopped: break
            }
            obstacle = status.obstacle?.fault
            if let obstacle {
                let since = blockedSince ?? .now
                blockedSince = since
                if ContinuousClock.now - since >= patience { throw obstacle }
            } else {
                blockedSince = nil
            }
            try context.pause(Self.interval)
        }
    }

    private static var deadline: DeviceFault {
        DeviceFault(code: "printer.deadline", action: .reset, detail: "The document wasn't printed in the time given.")
    }

    /// How the job is, and the sheets that have come out. What a print server counts are the pages that it has sent: the machine is asked.
    private mutating func look(at job: Int32) throws -> (IPPPrinter.Job, printed: Int) {
        let handedIn = try route.entrance.job(job, look())
        guard route.isQueue, let machine = route.machine else { return (handedIn, sheets(of: handedIn)) }
        twin = try twin ?? findTwin(at: machine, ended: handedIn.hasEnded, look())
        guard let twin else { return (handedIn, 0) }
        let printing = try machine.job(twin, look())
        switch printing.state {
        // The server hears of the end some seconds later.
        case .completed: return (handedIn.hasEnded ? handedIn : printing, sheets(of: printing))
        // The server knows only that all was sent, perhaps more often than once: what ended otherwise at the machine isn't whole.
        case .aborted, .cancelled:
            guard handedIn.hasEnded else { return (handedIn, sheets(of: printing)) }
            let end = IPPPrinter.Job(state: .aborted, reasons: printing.reasons + [IPPPrinter.Job.withErrors])
            return (end, sheets(of: printing))
        // A server that doesn't wait for its printer (`waitjob=false`) calls what it has sent completed.
        case .waiting, .held, .stopped: return (handedIn.state == .completed ? printing : handedIn, sheets(of: printing))
        }
    }

    /// A short document can be on paper before anybody has looked: then it is among the jobs that have ended.
    private func findTwin(at machine: IPPPrinter, ended: Bool, _ limit: IPPPrinter.Limit) throws -> Int32? {
        func isTwin(_ job: IPPPrinter.ListedJob) -> Bool { job.name == request.title && !earlier.contains(job.id) }
        if let open = try machine.jobs(limit).last(where: isTwin) { return open.id }
        return ended ? try machine.jobs(ended: true, limit).first(where: isTwin)?.id : nil
    }

    /// As the printer counts: sheets, or sides of sheets.
    private func sheets(of job: IPPPrinter.Job) -> Int {
        let isTwoSided = ticket.sides?.hasPrefix("two-sided") == true
        return job.sheets ?? job.impressions.map { isTwoSided ? ($0 + 1) / 2 : $0 } ?? 0
    }

    // MARK: Giving up

    private func aborted(_ job: IPPPrinter.Job, by whom: String) -> DeviceFault {
        DeviceFault(
            code: "printer.aborted", action: .reset, detail: "The job was \(whom); job-state-reasons: \(job.reasons.joined(separator: ", "))")
    }

    /// Whether the printer went away while it had the document, or came back and knows nothing of it: what it did meanwhile nobody saw.
    private func isLost(_ error: any Error) -> Bool {
        guard isHandedOver, let failure = error as? PrinterFailure else { return false }
        return failure.mayPass || failure == .notFound
    }

    private mutating func uncertain(_ error: any Error) -> DeviceFault {
        mayBeLeftOver = true
        if let fault = error as? DeviceFault, fault.code == Self.uncertainCode { return fault }
        let cause = (error as? PrinterFailure)?.fault.code ?? (error as? DeviceFault)?.code ?? "the cancellation wasn't confirmed"
        return Self.trayFault("The printer had the document and went out of reach (\(cause))")
    }

    private static let uncertainCode = "printer.uncertain"

    private static func trayFault(_ what: String) -> DeviceFault {
        DeviceFault(code: uncertainCode, action: .clear, detail: "\(what): look at the output tray before it is printed again.")
    }

    private enum Withdrawal {
        case completed(sheets: Int)
        case cancelled
        /// The printer didn't say so in time.
        case unconfirmed
    }

    /// Cancels the job, asking again while the printer doesn't answer.
    private mutating func withdraw(_ job: Int32) -> Withdrawal {
        var time = Withdrawing(end: .now + .milliseconds(max(500, min(reserve, context.remainingMilliseconds))), context: context)
        var asked = false
        while let brief = time.next() {
            if !asked { asked = cancelled(job, at: route.entrance, brief) }
            guard let brief = time.next() else { break }
            do {
                let state = try route.entrance.job(job, brief)
                // Without anything behind, its word is all there is.
                if state.state == .completed, !route.isQueue || route.machine == nil {
                    return .completed(sheets: max(sheets(of: state), request.copies))
                }
                // A print server says cancelled at once, and so that its backend has gone too a little later.
                let isOver = route.isQueue ? state.hasEnded && !state.isStopping : asked && state.isEnding || state.hasEnded
                if isOver, let result = withdrawBehind(handedIn: state, &time) { return result }
            } catch {
                // Switched off and on again, a printer has forgotten its jobs.
                if (error as? PrinterFailure) == .notFound, let result = withdrawBehind(handedIn: nil, &time) { return result }
            }
            // Not the context's pause: that one is over at once when the command is cancelled.
            usleep(50_000)
        }
        return .unconfirmed
    }

    /// The same at the machine behind a print server, which stops its own part first and the machine's after. Nil while that isn't certain.
    private mutating func withdrawBehind(handedIn: IPPPrinter.Job?, _ time: inout Withdrawing) -> Withdrawal? {
        guard route.isQueue, let machine = route.machine else { return .cancelled }
        do {
            // A backend sends a document again that the machine ended: what is open there counts before what was.
            guard let first = time.next() else { return nil }
            twin = try findTwin(at: machine, ended: twin == nil, first) ?? twin
            guard let twin else {
                guard let handedIn, handedIn.state == .completed else { return .cancelled }
                return .completed(sheets: max(sheets(of: handedIn), request.copies))
            }
            guard let second = time.next() else { return nil }
            let state = try machine.job(twin, second)
            if state.state == .completed { return .completed(sheets: max(sheets(of: state), request.copies)) }
            if state.isEnding { return .cancelled }
            if let third = time.next() { _ = cancelled(twin, at: machine, third) }
            return nil
        } catch {
            // A machine that was switched off and on has nothing left to cancel.
            return (error as? PrinterFailure) == .notFound ? .cancelled : nil
        }
    }

    /// Whether the printer has taken the request, or has nothing left to cancel.
    private func cancelled(_ job: Int32, at place: IPPPrinter, _ limit: IPPPrinter.Limit) -> Bool {
        do {
            try place.cancel(job: job, limit)
            return true
        } catch {
            return (error as? PrinterFailure) == .notPossible
        }
    }

    /// The time in which a job is withdrawn. Its calls don't ask whether the command is cancelled, hence short ones.
    private struct Withdrawing {
        private(set) var end: ContinuousClock.Instant
        let context: CommandContext
        private var isHurried = false

        init(end: ContinuousClock.Instant, context: CommandContext) {
            self.end = end
            self.context = context
        }

        /// For the next call; nil when there is no time for one.
        mutating func next() -> IPPPrinter.Limit? {
            if context.isCancelled, !isHurried {
                isHurried = true
                end = min(end, .now + PrintJob.hurry)
            }
            return .now < end ? IPPPrinter.Limit(milliseconds: 500, end: end) : nil
        }
    }
}
