internal import DeviceLink
internal import LineShim
internal import LockerShim

/// An open line to the boards. Turns the shim's one blocking wait into steps short enough to notice a cancelled command.
final class LockerConnection {
    private let handle: OpaquePointer
    private static let stepMilliseconds: Int32 = 100

    /// Over any line, which is closed with it. `limit` in milliseconds.
    init(line: kiosk_line, limit: Int32) throws(LockerFailure) {
        var line = line
        var opened: OpaquePointer?
        let result = kiosk_locker_open(&line, limit, &opened)
        guard result == 0, let opened else { throw LockerFailure(code: result) }
        handle = opened
    }

    deinit {
        kiosk_locker_close(handle)
    }

    /// Whether the adapter hears itself, as the last question showed.
    var echoes: Bool { kiosk_locker_echoes(handle) }

    /// How the locks of a board are: bit 0 is lock 1. `limit` in milliseconds.
    func states(of board: UInt8, limit: Int32, context: CommandContext) throws -> UInt32 {
        try context.checkCancelled()
        try check(kiosk_locker_ask(handle, board, limit), board)
        var states: UInt32 = 0
        try wait(board, limit, context) { kiosk_locker_states(handle, &states, $0) }
        return states
    }

    /// Tells a lock to open and waits for the board's word that it has tried. `limit` in milliseconds.
    func unlock(_ lock: UInt8, of board: UInt8, limit: Int32, context: CommandContext) throws {
        try context.checkCancelled()
        try check(kiosk_locker_unlock(handle, board, lock, limit), board)
        var state: UInt8 = 0
        try wait(board, limit, context) { kiosk_locker_unlocked(handle, &state, $0) }
    }

    private func wait(_ board: UInt8, _ limit: Int32, _ context: CommandContext, _ receive: (Int32) -> Int32) throws {
        let end = ContinuousClock.now + .milliseconds(limit)
        while true {
            let left = Int32(max(0, (end - ContinuousClock.now) / .milliseconds(1)).rounded(.up))
            let result = receive(min(left, Self.stepMilliseconds))
            if result == 0 { return }
            let failure = LockerFailure(code: result, board: Int(board))
            guard left > 0, failure.isSilence else { throw failure }
            try context.checkCancelled()
        }
    }

    private func check(_ result: Int32, _ board: UInt8) throws(LockerFailure) {
        guard result == 0 else { throw LockerFailure(code: result, board: Int(board)) }
    }
}
