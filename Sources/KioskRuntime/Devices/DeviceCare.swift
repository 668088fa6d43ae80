internal import DeviceLink
internal import Foundation
internal import KioskModel
internal import LocalAPI
internal import Logging
internal import PlatformAPI
internal import Synchronization

/// What one device needs beside a running host: a hand when it doesn't serve (``FaultLadder``), a ticket when that doesn't help, and a memory.
final class DeviceCare: Sendable {
    /// What the ladder can do to the device. Each waits until it is done.
    protocol Hands: Sendable {
        /// Has the host let go of the device and open it anew.
        func reset() async
        /// Ends the host, upon which another is started; false while a command is under way.
        func restart() -> Bool
        /// The status is to be shown anew, since what may be shown of it has changed.
        func show()
    }

    let name: String
    let log: DeviceLog
    /// How long the device waits for a note on what it did. The write goes on beyond that.
    static let notePatience: Duration = .seconds(2)
    /// How long the ladder waits for the disk.
    static let writePatience: Duration = .seconds(5)
    /// The same for the reset of a port.
    static let portPatience: Duration = .seconds(15)
    /// Tickets whose writing failed and is tried again, the newest.
    static let maxUnwritten = 16

    private let timing: DeviceTiming
    private let clock: any CareClock
    private let board: ReportBoard
    private let records: (any DeviceRecords)?
    private let ports: (any PortResetter)?
    private let signal: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let state: Mutex<State>

    private struct State {
        var ladder: FaultLadder
        var firstSeen: Date?
        var ticket: DeviceTicket?
        var total = DeviceCounters()
        /// Counted and not yet written.
        var unwritten = DeviceCounters()
        var writeDue: ContinuousClock.Instant?
        /// The newest of each ticket that couldn't be written.
        var unwrittenTickets: [TicketNote] = []
        /// A write hangs; another would only wait behind it.
        var isWriting = false
        var usb: USBDevice?
        /// The device was away since `usb` was looked up: another may be plugged in there.
        var isUSBStale = false
        /// When the records are tried again to which an act couldn't be written; the device isn't offered until they take something.
        var recordsDue: ContinuousClock.Instant?
        var paper = PaperWatch()
    }

    private struct TicketNote {
        var ticket: DeviceTicket
        var closedAt: Date?
    }

    init(_ name: String, timing: DeviceTiming, board: ReportBoard, records: (any DeviceRecords)?, ports: (any PortResetter)?, log: DeviceLog) {
        self.name = name
        self.timing = timing
        clock = timing.clock
        self.board = board
        self.records = records
        self.ports = ports
        self.log = log
        (signal, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(State(ladder: FaultLadder(pace: timing.ladder)))
    }

    /// What was known when kioskd ended. Before the first host starts.
    func remember(_ history: DeviceHistory) {
        state.withLock {
            $0.total = history.counters
            $0.ticket = history.ticket
            $0.firstSeen = history.ticket?.firstSeen
            if timing.mends, let ticket = history.ticket, ticket.failsCommands == true { $0.ladder.remember(ticket.fault, tried: ticket.tried) }
        }
        showTotals()
    }

    /// Set when the device mustn't be offered although its status is good: how it is shown instead.
    var withheld: (state: DeviceState, fault: DeviceFault)? {
        state.withLock { $0.recordsDue != nil ? (.needsTechnician, .unrecorded) : $0.ladder.withheld.map { (.offline, $0) } }
    }

    // MARK: What happens to the device

    func told(_ status: DeviceStatus) {
        let (printed, path) = state.withLock { state -> (UUID?, String?) in
            if timing.mends { state.ladder.told(status, at: clock.now) }
            if state.ladder.fault != nil, state.firstSeen == nil { state.firstSeen = Date() }
            if status.state == .absent { state.isUSBStale = true }
            let path = status.state == .ready ? status.identity["usb"] : nil
            defer { if path != nil { state.isUSBStale = false } }
            return (state.paper.told(status), path == state.usb?.path && !state.isUSBStale ? nil : path)
        }
        // A place that the host names is believed only for a device that works there, and only as long as that one is plugged in.
        if let path {
            let usb = try? ports?.device(at: path)
            state.withLock { $0.usb = usb }
        }
        if let printed { Task { await note([.taken], of: printed) } }
        closeIfWell(status)
        wake.yield()
    }

    /// A ticket of the time before kioskd started: there is no trouble that could end.
    private func closeIfWell(_ status: DeviceStatus) {
        guard [.ready, .busy, .needsCitizen].contains(status.state) else { return }
        let isStale = state.withLock { $0.ticket != nil && $0.ladder.fault == nil }
        if isStale { Task { await close() } }
    }

    func hostEnded() {
        state.withLock {
            $0.ladder.hostEnded(at: clock.now)
            $0.paper.hostEnded()
            $0.isUSBStale = true
        }
        wake.yield()
    }

    /// A command of the kiosk has been carried out.
    func ended(_ command: DeviceCommand, _ completion: Completion, after time: Duration) {
        switch command {
        // Of the kiosk's care and of technicians: no use of the device.
        case .reset, .beginRecording, .endRecording: return
        default: used(completion, time)
        }
    }

    /// A cancelled command never ended, so that its host had to be: whoever gave it has gone, the device's trouble hasn't.
    func hungOnCancel() {
        used(.fault(HostEnd.hung.fault(isLate: true)), .zero)
    }

    private func used(_ completion: Completion, _ time: Duration) {
        state.withLock { state in
            if timing.mends { state.ladder.told(completion, at: clock.now) }
            if state.ladder.fault != nil, state.firstSeen == nil { state.firstSeen = Date() }
            guard completion != .cancelled else { return }
            var counted = DeviceCounters(uses: 1, busyMilliseconds: Int(time.wholeMilliseconds))
            if case .fault(let fault) = completion, FaultLadder.isDevices(fault) { counted.failures = 1 }
            state.total += counted
            state.unwritten += counted
            if state.writeDue == nil { state.writeDue = clock.now + timing.counting }
        }
        showTotals()
        wake.yield()
    }

    /// A technician had the device opened anew, and it says that it is well.
    func forgive() {
        state.withLock {
            $0.ladder.forgive()
            if $0.ladder.fault == nil { $0.firstSeen = nil }
        }
        if state.withLock({ $0.ladder.fault == nil }) { Task { await close() } }
        wake.yield()
    }

    private func showTotals() {
        let (total, ticket) = state.withLock { ($0.total, $0.ticket) }
        board.update(name) {
            $0.uses = total.uses
            $0.failures = total.failures
            $0.meanMilliseconds = total.uses > 0 ? total.busyMilliseconds / total.uses : nil
            $0.ticket = ticket
        }
    }

    // MARK: Acts that are written down

    /// Writes the act down, durably, then has it carried out, then writes down how it ended. An act that can't be written down isn't carried out.
    func recording(_ act: DeviceAct, _ order: DeviceOrder, _ work: (DeviceOrder) async -> DeviceOutcome) async -> DeviceOutcome {
        guard let records else { return await work(order) }
        let id: UUID
        let began = await Waiting.for({ [name] in try await records.begin(act, on: name, at: Date()) }, until: order.deadline) { [self] result in
            // Written after all, and never carried out.
            guard let late = try? result.get() else { return }
            await note([.ended(outcome: Completion.cancelled.outcome, sheets: nil, at: Date())], of: late)
        }
        switch began {
        case .cancelled: return DeviceOutcome(completion: .cancelled)
        case .done(.success(let row)): id = row
        case .done(.failure(let error)): return unrecorded("\(error)")
        case .late: return unrecorded("it isn't written down in time")
        }
        state.withLock { $0.recordsDue = nil }
        let sheets = Mutex<Int?>(nil)
        let told = order.progress
        let watched = DeviceOrder(command: order.command, files: order.files, deadline: order.deadline) { [self] progress, files in
            if case .printing(let printing) = progress {
                let isFirst = sheets.withLock { sheets in
                    defer { sheets = max(sheets ?? 0, printing.sheetsPrinted) }
                    return sheets == nil
                }
                if isFirst { Task { await note([.accepted], of: id) } }
            }
            told(progress, files)
        }
        let outcome = await work(watched)
        var facts: [DeviceAct.Fact] = []
        if case .printing = act, case .success(let result) = outcome.completion {
            if case .printed(let count) = result { sheets.withLock { $0 = count } }
            state.withLock { $0.paper.printed(id) }
            facts.append(.accepted)
        }
        facts.append(.ended(outcome: outcome.completion.outcome, sheets: sheets.withLock { $0 }, at: Date()))
        await note(facts, of: id, until: max(.now + .milliseconds(100), order.deadline))
        return outcome
    }

    private func unrecorded(_ error: String) -> DeviceOutcome {
        log.say(.error, "the act can't be written down and isn't carried out", ["error": "\(error)"])
        state.withLock { $0.recordsDue = clock.now + timing.ladder.longPatience }
        wake.yield()
        return DeviceOutcome(completion: .fault(.unrecorded))
    }

    /// A disk that hangs doesn't keep the device from its next command, nor the caller beyond `deadline`.
    private func note(_ facts: [DeviceAct.Fact], of act: UUID, until deadline: ContinuousClock.Instant? = nil) async {
        guard let records else { return }
        let end = min(.now + Self.notePatience, deadline ?? .now + Self.notePatience)
        let isUnknown: @Sendable (Result<Void, any Error>) -> Void = { [log] result in
            guard case .failure(let error) = result else { return }
            log.say(.error, "what became of an act can't be written down", ["act": "\(act)", "error": "\(error)"])
        }
        let writing: @Sendable () async throws -> Void = { for fact in facts { try await records.note(fact, of: act) } }
        let noted = await Waiting.for(writing, until: end) { isUnknown($0) }
        if case .done(let result) = noted { isUnknown(result) }
    }

    // MARK: The ladder

    /// Until the task is cancelled.
    func run(_ hands: any Hands) async {
        var signals = signal.makeAsyncIterator()
        while !Task.isCancelled {
            while let action = nextAction() { await carryOut(action, hands) }
            await tryRecords()
            hands.show()
            await writeCounts(now: false)
            let due = state.withLock { [$0.ladder.due, $0.writeDue, $0.recordsDue].compactMap(\.self).min() }
            let alarm = Task { [wake, clock] in
                guard let due, (try? await clock.sleep(until: due)) != nil else { return }
                wake.yield()
            }
            defer { alarm.cancel() }
            guard await signals.next() != nil else { break }
        }
        // In a task that isn't cancelled: this write is waited for.
        await Task { await writeCounts(now: true) }.value
    }

    private func nextAction() -> FaultLadder.Action? {
        state.withLock { $0.ladder.next(at: clock.now, hasPort: ports != nil && $0.usb != nil, chance: .random(in: 0...1)) }
    }

    private func carryOut(_ action: FaultLadder.Action, _ hands: any Hands) async {
        switch action {
        case .take(let rung): await take(rung, hands)
        case .outOfService: await open()
        case .held:
            log.say(
                .warning, "the device comes and goes; it isn't offered before it stays",
                ["fault": "\(state.withLock { $0.ladder.fault?.code ?? "" })"])
        case .trial: log.say(.notice, "the device is offered again on trial")
        case .inService:
            await close()
            state.withLock { $0.firstSeen = nil }
        }
    }

    private func take(_ rung: FaultLadder.Rung, _ hands: any Hands) async {
        let fault = state.withLock { $0.ladder.fault?.code ?? "" }
        log.say(.warning, "the device doesn't serve; the kiosk tries to mend it", ["fault": "\(fault)", "rung": "\(rung.rawValue)"])
        switch rung {
        case .retry: break
        case .reset:
            await hands.reset()
            state.withLock { $0.ladder.taken(rung, at: clock.now) }
        case .restart:
            if !hands.restart() { state.withLock { $0.ladder.postpone(rung, at: clock.now) } }
        case .port:
            guard let ports, let usb = state.withLock({ $0.usb }) else { return }
            let error: String
            // The kernel can't be called off, and a device that hangs may hold it up.
            switch await Waiting.for({ try await ports.reset(usb) }, until: .now + Self.portPatience) {
            case .cancelled: return
            case .done(.success): return state.withLock { $0.ladder.taken(rung, at: clock.now) }
            case .done(.failure(let failure)): error = "\(failure)"
            case .late: error = "the kernel doesn't come back from it"
            }
            state.withLock { $0.ladder.skip(rung, at: clock.now) }
            log.say(.error, "the device's USB port can't be reset", ["port": "\(usb.path)", "error": "\(error)"])
        }
    }

    private func open() async {
        let (ticket, isNew) = state.withLock { state -> (DeviceTicket?, Bool) in
            guard let fault = state.ladder.fault else { return (nil, false) }
            let isNew = state.ticket == nil
            var ticket =
                state.ticket ?? DeviceTicket(id: .v7(at: Date()), device: name, fault: fault, firstSeen: state.firstSeen ?? Date(), tried: [])
            ticket.fault = fault
            ticket.failsCommands = state.ladder.failsCommands ? true : nil
            ticket.tried += state.ladder.tried.filter { !ticket.tried.contains($0) }
            defer { state.ticket = ticket }
            return (ticket == state.ticket ? nil : ticket, isNew)
        }
        guard let ticket else { return }
        if isNew {
            log.say(
                .error, "the device is out of service",
                ["fault": "\(ticket.fault.code)", "mend": "\(ticket.fault.action.rawValue)", "ticket": "\(ticket.id)"])
        }
        showTotals()
        await write(TicketNote(ticket: ticket))
    }

    private func close() async {
        let ticket = state.withLock { state in
            defer { state.ticket = nil }
            return state.ticket
        }
        guard let ticket else { return }
        log.say(.notice, "the device is in service again", ["ticket": "\(ticket.id)"])
        showTotals()
        await write(TicketNote(ticket: ticket, closedAt: Date()))
    }

    // MARK: What is written down

    private func writeCounts(now isLast: Bool) async {
        let counted = state.withLock { state -> DeviceCounters? in
            guard let due = state.writeDue, isLast || due <= clock.now else { return nil }
            state.writeDue = nil
            defer { state.unwritten = DeviceCounters() }
            return state.unwritten
        }
        guard let counted else { return }
        await writeTickets()
        await record({ [name] in try await $0.count(counted, on: name) }) { [self] in
            state.withLock {
                $0.unwritten += counted
                if $0.writeDue == nil { $0.writeDue = clock.now + timing.counting }
            }
        }
    }

    private func write(_ note: TicketNote) async {
        state.withLock { $0.unwrittenTickets.removeAll { $0.ticket.id == note.ticket.id } }
        await record({
            try await $0.keep(note.ticket)
            if let date = note.closedAt { try await $0.close(ticket: note.ticket.id, at: date) }
        }) { [self] in
            state.withLock { state in
                // One that hung may fail after a newer one of the same ticket did.
                let isNewer = state.unwrittenTickets.contains { $0.ticket.id == note.ticket.id && $0.closedAt != nil }
                guard !isNewer else { return }
                state.unwrittenTickets.removeAll { $0.ticket.id == note.ticket.id }
                state.unwrittenTickets.append(note)
                if state.unwrittenTickets.count > Self.maxUnwritten { state.unwrittenTickets.removeFirst() }
                if state.writeDue == nil { state.writeDue = clock.now + timing.counting }
            }
        }
    }

    /// Writes what couldn't be written before; of what is out of date meanwhile, the end.
    private func writeTickets() async {
        let notes = state.withLock { state -> [TicketNote] in
            defer { state.unwrittenTickets = [] }
            return state.unwrittenTickets
        }
        for note in notes { await write(note) }
    }

    /// Writes nothing new, to see whether it can be done again.
    private func tryRecords() async {
        guard let due = state.withLock({ $0.recordsDue }), due <= clock.now else { return }
        let isWritten = await record({ [name] in try await $0.count(DeviceCounters(), on: name) })
        state.withLock { $0.recordsDue = isWritten ? nil : clock.now + timing.ladder.longPatience }
    }

    /// `failed` is called when it wasn't done, which may be later than this returns: a disk that hangs doesn't hold the ladder up. False while that isn't
    /// known.
    @discardableResult
    private func record(
        _ work: @escaping @Sendable (any DeviceRecords) async throws -> Void, failed: @escaping @Sendable () -> Void = {}
    ) async -> Bool {
        guard let records else { return true }
        let isFree = state.withLock { state in
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard isFree else {
            failed()
            return false
        }
        let ended: @Sendable (Result<Void, any Error>) -> Bool = { [self] result in
            state.withLock { $0.isWriting = false }
            guard case .failure(let error) = result else { return true }
            log.say(.error, "the devices' records can't be written", ["error": "\(error)"])
            failed()
            return false
        }
        // In a task that isn't cancelled: at kioskd's end a write under way is waited for, lest the last one find it still there.
        let writing = Task { await Waiting.for({ try await work(records) }, until: .now + Self.writePatience, orphan: { _ = ended($0) }) }
        switch await writing.value {
        case .done(let result): return ended(result)
        case .late:
            log.say(.error, "the devices' records are slow to be written")
            return false
        case .cancelled: return false
        }
    }
}

extension DeviceFault {
    /// Nobody could answer for it afterwards.
    static var unrecorded: DeviceFault {
        DeviceFault(
            code: "link.unrecorded", action: .configure, detail: "what the device was to do can't be written down: the kiosk's disk fails or is full")
    }
}
