public import DeviceLink
public import KioskModel
internal import Line
internal import LineShim

/// A parcel locker on lock-control boards.
///
/// Two rules shape it. Never two doors at once: before a door is opened every board is asked, and while another door stands open the citizen is asked
/// to close it. And an opening is sent once: whatever the board answers, or doesn't, how the door is decides whether it was opened.
public final class LockerDriver: RecordableDriver {
    /// How long answers may take, in milliseconds.
    struct Timing {
        /// Opening the tty.
        var port: Int32 = 1000
        /// A board's answer to a question: 8 bytes, in the field within 50 ms.
        var states: Int32 = 1000
        /// A board's answer to an opening: in the field about a second.
        var opening: Int32 = 3000
        /// From that answer until the door must be seen open.
        var door: Int32 = 2000
        /// Between two looks at that door.
        var pause: Int32 = 100
    }

    private let layout: LockerLayout
    private let timing: Timing
    /// Makes the line, not opened yet.
    private let makeLine: () -> (kiosk_line, Int32)
    private let recorder = LineRecorder()
    private var connection: LockerConnection?
    /// Until then the last opening may still move its door: its command was cancelled, or nobody answered.
    private var settled = ContinuousClock.now

    /// Options: `port`, the tty's path; `polarity`, `open-is-1` or `open-is-0`; and if wanted `baud` (9600), `boards` (1), which have the addresses
    /// 1…n, and `doors-per-board` (24).
    /// - Throws: `DeviceFault` `locker.configuration`.
    public convenience init(options: [String: String]) throws {
        let layout = try LockerLayout(options: options)
        self.init(layout: layout) {
            var line = kiosk_line()
            let result = kiosk_line_serial(layout.port, layout.baud, &line)
            return (line, result)
        }
    }

    init(layout: LockerLayout, timing: Timing = Timing(), makeLine: @escaping () -> (kiosk_line, Int32)) {
        self.layout = layout
        self.timing = timing
        self.makeLine = makeLine
    }

    public func poll() -> DeviceStatus {
        let context = CommandContext(deadline: .now + .seconds(6)) { _, _ in }
        do {
            let doors = try doors(until: context.deadline, context)
            let identity = [
                "boards": "\(layout.boards)", "doors": "\(layout.doorCount)", "echo": connection?.echoes == true ? "yes" : "no",
            ]
            return DeviceStatus(
                state: .ready, identity: identity, conditions: doors.filter(\.isOpen).map { DeviceCondition(.doorOpen, $0.number) })
        } catch let failure as LockerFailure {
            return DeviceStatus(state: failure.state, fault: failure.fault)
        } catch {
            return DeviceStatus(state: .offline, fault: LockerFailure.system.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        do {
            switch command {
            case .openDoor(let number): return DeviceReply(.doors(try openDoor(number, context)))
            case .queryDoors: return DeviceReply(.doors(try doors(until: context.deadline, context)))
            default:
                throw DeviceFault(code: "locker.unsupported-command", action: .configure, detail: "a locker was given another device's command")
            }
        } catch let failure as LockerFailure {
            throw failure.fault
        }
    }

    public func beginRecording() throws {
        connection = nil
        recorder.begin()
        do {
            _ = try connected()
        } catch let failure {
            connection = nil
            recorder.cancel()
            throw failure.fault
        }
    }

    /// Nothing in a board's frames is personal: the recording is handed over as it is.
    public func endRecording() throws -> String {
        // The line that is open would go on holding the tape.
        connection = nil
        do {
            return try recorder.end().text
        } catch {
            let detail = error == .notBegun ? "no recording was begun" : "more passed than a recording holds: record less at a time"
            throw DeviceFault(code: "link.recording-refused", action: .reset, detail: detail)
        }
    }
}

// MARK: - Doors

extension LockerDriver {
    private func openDoor(_ number: Int, _ context: CommandContext) throws -> [LockerDoor] {
        guard let place = layout.place(of: number) else {
            throw LockerFailure.configuration("there is no door \(number): boards= and doors-per-board= give \(layout.doorCount)")
        }
        while true {
            let before = try doors(until: context.deadline, context)
            if before.contains(where: { $0.isOpen && $0.number != number }) { throw CitizenRemedy.closeLockerDoor }
            if before[number - 1].isOpen { return before }
            try context.checkCancelled()
            guard context.remainingMilliseconds > 0 else { throw DeviceFault.deadlinePassed }
            if settled < .now { break }
            try context.pause(.milliseconds(timing.pause))
        }
        do {
            let limit = min(timing.opening, context.remainingMilliseconds)
            let locker = try connected()
            settled = .now + .milliseconds(timing.opening + timing.door)
            try locker.unlock(place.lock, of: place.board, limit: limit, context: context)
            settled = .now + .milliseconds(timing.door)
        } catch let failure as LockerFailure where failure.isSilence {
            // It may have been heard or not: never sent again, the door tells.
        } catch {
            connection = nil
            throw error
        }
        return try awaitOpen(number, context)
    }

    /// Asks until the door is open, at least once, even if the command's time is over: what has become of the door must be known.
    private func awaitOpen(_ number: Int, _ context: CommandContext) throws -> [LockerDoor] {
        let end = min(ContinuousClock.now + .milliseconds(timing.door), context.deadline)
        while true {
            let doors = try doors(until: max(end, .now + .milliseconds(400)), context)
            if doors[number - 1].isOpen {
                settled = .now
                return doors
            }
            guard ContinuousClock.now < end else { throw LockerFailure.stuck(door: number) }
            try context.pause(.milliseconds(timing.pause))
        }
    }

    /// How all doors are. A single disturbed answer costs nothing: the port is opened anew and all are asked once more.
    private func doors(until end: ContinuousClock.Instant, _ context: CommandContext) throws -> [LockerDoor] {
        let wasOpen = connection != nil
        do {
            return try askAll(until: end, context)
        } catch let failure as LockerFailure {
            connection = nil
            // What could not even be opened is no better a moment later.
            guard wasOpen || failure.isSilence, ContinuousClock.now < end else { throw failure }
        }
        do {
            return try askAll(until: end, context)
        } catch {
            connection = nil
            throw error
        }
    }

    private func askAll(until end: ContinuousClock.Instant, _ context: CommandContext) throws -> [LockerDoor] {
        let locker = try connected()
        var doors: [LockerDoor] = []
        for board in 1...layout.boards {
            let left = Int32(clamping: max(0, Int((end - ContinuousClock.now) / .milliseconds(1))))
            guard left > 0 else { throw DeviceFault.deadlinePassed }
            let states = try locker.states(of: UInt8(board), limit: min(timing.states, left), context: context)
            for lock in 1...layout.doorsPerBoard {
                doors.append(LockerDoor(number: doors.count + 1, isOpen: layout.isOpen(lock, in: states)))
            }
        }
        return doors
    }

    private func connected() throws(LockerFailure) -> LockerConnection {
        if let connection { return connection }
        let (line, result) = makeLine()
        guard result == 0 else { throw LockerFailure(code: result) }
        let opened = try LockerConnection(line: recorder.line(around: line), limit: timing.port)
        connection = opened
        return opened
    }
}
