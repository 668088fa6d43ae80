import AuxiliariesShim
import Bench
import DeviceLink
import Glibc
import KioskModel
import Synchronization
import Testing

@testable import Auxiliaries

/// The driver at the simulated board.
@Suite(.serialized) struct BoardTests {
    private static let options = ["out.light": "3", "out.lamp": "4:low", "in.person": "5", "in.cabinet": "6:low"]

    @Test(arguments: [
        (KIOSK_GPIO_TIMEOUT, "auxiliaries.no-reply", DeviceState.offline), (KIOSK_GPIO_GONE, "auxiliaries.absent", .absent),
        (KIOSK_GPIO_ACCESS, "auxiliaries.access", .needsTechnician), (KIOSK_GPIO_BUSY, "auxiliaries.busy", .needsTechnician),
        (KIOSK_GPIO_ARGUMENT, "auxiliaries.configuration", .needsTechnician), (KIOSK_GPIO_IO, "auxiliaries.io-error", .offline),
        (KIOSK_GPIO_MEMORY, "auxiliaries.io-error", .offline),
    ])
    func everyCodeOfTheShimHasItsFault(_ code: Int, _ fault: String, _ state: DeviceState) {
        let failure = GPIOFailure(code: Int32(code))
        #expect(failure.fault.code == fault && failure.state == state)
    }

    @Test func aChipThatIsNotThereIsAbsent() throws {
        let driver = try AuxiliariesDriver(HostServices(options: ["chip": "no-such-chip", "out.light": "1"]))
        let status = driver.poll()
        #expect(status.state == .absent && status.fault?.code == "auxiliaries.absent")
    }

    @Test func polarityIsOfThePinAndEverythingIsOffWhenTheDriverEnds() throws {
        let board = try GPIOBoardSimulator()
        defer { board.remove() }
        board.set(6, true)
        try board.plug()
        var driver: AuxiliariesDriver? = try Self.driver(board) {}
        #expect(driver?.poll() == DeviceStatus(state: .ready, identity: ["chip": board.path]))
        // Off is high for the lamp.
        try Self.until("the lamp to be off") { board.level(4) }
        try Self.signal(driver, "light", .on)
        try Self.signal(driver, "lamp", .on)
        try Self.until("both to be on") { board.level(3) && !board.level(4) }
        driver = nil
        try Self.until("both to be off") { !board.level(3) && board.level(4) }
    }

    @Test func aSensorWakesTheHostAndOneThatFlapsDoesSoSeldom() throws {
        let board = try GPIOBoardSimulator()
        defer { board.remove() }
        board.set(6, true)
        try board.plug()
        let wakes = Mutex(0)
        let driver = try Self.driver(board) { wakes.withLock { $0 += 1 } }
        #expect(driver.poll().conditions.isEmpty)
        board.set(5, true)
        board.set(6, false)
        try Self.until("both sensors") { driver.poll().conditions == [DeviceCondition(.cabinetOpen), DeviceCondition(.personPresent)] }
        try Self.until("the wake") { wakes.withLock { $0 } >= 1 }
        let (before, began) = (wakes.withLock { $0 }, ContinuousClock.now)
        for edge in 0..<2000 { board.set(5, edge % 2 == 0) }
        try Self.until("the sensor at rest") { driver.poll().conditions == [DeviceCondition(.cabinetOpen)] }
        let most = Int((ContinuousClock.now - began) / Board.wakePause) + 2
        #expect(wakes.withLock { $0 } - before <= most)
    }

    @Test(arguments: GPIOBoardSimulator.Step.allCases)
    func unpluggedAtAnyStepItIsAbsentAndComesBackDark(_ step: GPIOBoardSimulator.Step) throws {
        let board = try GPIOBoardSimulator()
        defer { board.remove() }
        try board.plug()
        let woken = Mutex(false)
        let driver = try Self.driver(board) { woken.withLock { $0 = true } }
        if step == .on || step == .edge { #expect(driver.poll().state == .ready) }
        board.unplug(at: step)
        switch step {
        case .open, .take: break
        // The lamp's off is a level that is on.
        case .on: _ = try? Self.signal(driver, "light", .on)
        case .edge:
            board.set(5, true)
            try Self.until("the wake") { woken.withLock { $0 } }
        }
        try Self.until("absent") { driver.poll().state == .absent }
        #expect(!board.isPlugged)
        try board.plug()
        try Self.until("ready") { driver.poll().state == .ready }
        #expect(!board.level(3))
    }

    private static func driver(_ board: GPIOBoardSimulator, wake: @escaping @Sendable () -> Void) throws -> AuxiliariesDriver {
        try AuxiliariesDriver(HostServices(options: options.merging(["chip": board.path]) { $1 }, wake: wake))
    }

    private static func signal(_ driver: AuxiliariesDriver?, _ output: String, _ pattern: SignalRequest.Pattern) throws {
        let context = CommandContext(deadline: .now + .seconds(30)) { _, _ in }
        let command = DeviceCommand.signal(SignalRequest(output: output, pattern: pattern))
        #expect(try driver?.perform(command, files: [], context: context).result == .done)
    }

    /// As `Poll.until`, for a driver that belongs to one thread.
    private static func until(_ what: String, _ isThere: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(30)
        while try !isThere() {
            try #require(ContinuousClock.now < end, "waited for \(what) in vain")
            _ = poll(nil, 0, 10)
        }
    }
}
