import Bench
import DeviceLink
import KioskModel
import LineShim

@testable import Locker

/// The real driver on a simulated locker over a pseudo-terminal.
struct LockerBench {
    let locker: LockerSimulator
    let driver: LockerDriver

    /// Deadlines short enough for tests; the simulator answers within a millisecond, but machines are loaded.
    static let timing = LockerDriver.Timing(states: 500, opening: 500, door: 500, pause: 5)

    /// Runs `body` with a plugged-in locker and takes everything down afterwards.
    static func run(
        _ cabinet: LockerCore.Cabinet = LockerCore.Cabinet(), timing: LockerDriver.Timing = timing, _ body: (LockerBench) async throws -> Void
    ) async throws {
        let locker = try LockerSimulator(cabinet)
        defer { locker.stop() }
        try locker.plug()
        var layout = try LockerLayout(options: ["port": locker.devicePath, "polarity": cabinet.openIsOne ? "open-is-1" : "open-is-0"])
        layout.boards = cabinet.boards
        layout.doorsPerBoard = cabinet.locks
        let port = layout.port
        let driver = LockerDriver(layout: layout, timing: timing) {
            var line = kiosk_line()
            let result = kiosk_line_serial(port, 9600, &line)
            return (line, result)
        }
        try await body(LockerBench(locker: locker, driver: driver))
    }

    static func context(_ milliseconds: Int = 20_000) -> CommandContext {
        CommandContext(deadline: .now + .milliseconds(milliseconds)) { _, _ in }
    }

    /// The doors that are open after it.
    func open(_ door: Int, context: CommandContext = context()) throws -> [Int] {
        try Self.openDoors(driver.perform(.openDoor(door), files: [], context: context))
    }

    func query() throws -> [Int] {
        try Self.openDoors(driver.perform(.queryDoors, files: [], context: Self.context()))
    }

    static func openDoors(_ reply: DeviceReply) throws -> [Int] {
        guard case .doors(let doors) = reply.result else { throw Unexpected.result }
        return doors.filter(\.isOpen).map(\.number)
    }

    enum Unexpected: Error { case result }
}
