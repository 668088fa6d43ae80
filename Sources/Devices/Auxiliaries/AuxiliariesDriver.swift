public import DeviceLink
public import KioskModel

/// Lights, buzzer and sensors on a GPIO chip. A light goes on blinking after its command is done, and everything is off when the driver ends.
public final class AuxiliariesDriver: DeviceDriver {
    /// milliseconds of one on or off: faster is a flicker that may harm (WCAG 2.3.1: three flashes a second)
    private static let periods = 167...60_000
    /// milliseconds of one pulse
    private static let pulses = 1...600_000

    private let plan: BoardPlan
    private let wake: @Sendable () -> Void
    private var board: Board?

    /// Options: `chip`, label, name or path; `out.NAME` and `in.SENSOR` (`person`, `cabinet`, `call`, `card`, `paper`), the chip's numbers of
    /// pins, with `:low` behind for active low; `debounce`, milliseconds.
    /// - Throws: `DeviceFault` `auxiliaries.configuration`.
    public init(_ services: HostServices) throws {
        plan = try BoardPlan(options: services.options)
        wake = services.wake
    }

    deinit {
        board?.close()
    }

    public func poll() -> DeviceStatus {
        do {
            let conditions = try trying { (board) throws(GPIOFailure) in try board.conditions() }
            return DeviceStatus(state: .ready, identity: ["chip": plan.chip], conditions: conditions)
        } catch {
            return DeviceStatus(state: error.state, fault: error.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        guard case .signal(let request) = command else {
            throw DeviceFault(
                code: "auxiliaries.unsupported-command", action: .configure, detail: "the auxiliaries were given another device's command")
        }
        guard let output = plan.outputs.firstIndex(where: { $0.name == request.output }) else {
            throw DeviceFault(
                code: "auxiliaries.unknown-output", action: .configure, detail: "no pin is configured for that output: it needs out.NAME=")
        }
        switch request.pattern {
        case .blink(let period) where !Self.periods.contains(period): throw Self.refuse("a light blinks with 167 to 60000 ms on and off")
        case .pulse(let length) where !Self.pulses.contains(length): throw Self.refuse("a pulse lasts 1 to 600000 ms")
        case .off, .on, .blink, .pulse: break
        }
        do {
            try trying { (board) throws(GPIOFailure) in try board.signal(output, request.pattern) }
        } catch {
            throw error.fault
        }
        return DeviceReply(.done)
    }

    /// On the board, opened if need be. One that fails is closed; the next call opens anew.
    private func trying<Result>(_ body: (Board) throws(GPIOFailure) -> Result) throws(GPIOFailure) -> Result {
        let board: Board
        if let opened = self.board {
            board = opened
        } else {
            board = try Board(plan, wake: wake)
            self.board = board
        }
        do throws(GPIOFailure) {
            return try body(board)
        } catch {
            board.close()
            self.board = nil
            throw error
        }
    }

    private static func refuse(_ text: String) -> DeviceFault {
        DeviceFault(code: "auxiliaries.bad-request", action: .configure, detail: text)
    }
}
