import Bench

/// `gpio-socket`: the simulated board, wired as a kiosk might be.
struct SocketBoardDevice: VMDevice {
    private static let outputs: [String: UInt8] = ["reader-light": 3, "buzzer": 4]
    /// The cabinet's contact is closed, and low, when the door is open.
    private static let sensors: [String: (pin: UInt8, isLow: Bool)] = [
        "person": (5, false), "cabinet": (6, true), "call": (7, false), "card": (8, false), "paper": (9, false),
    ]
    private let board: GPIOBoardSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a board has no options") }
        board = try GPIOBoardSimulator()
    }

    var isPlugged: Bool { board.isPlugged }

    func plug(within deadline: Duration) async throws {
        // Nothing is active when it gets power.
        for sensor in Self.sensors.values { board.set(sensor.pin, sensor.isLow) }
        try board.plug()
    }

    func unplug(within deadline: Duration) async throws { board.unplug() }

    func unplug(at step: String) async throws {
        guard let step = GPIOBoardSimulator.Step(rawValue: step) else {
            throw DeviceTrouble("steps are \(GPIOBoardSimulator.Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        board.unplug(at: step)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options":
            let pins = Self.outputs.map { "out.\($0)=\($1)" } + Self.sensors.map { "in.\($0)=\($1.pin)\($1.isLow ? ":low" : "")" }
            return "chip=\(board.path) \(pins.sorted().joined(separator: " "))"
        case "sense":
            guard arguments.count == 2, let sensor = Self.sensors[arguments[0]], ["on", "off"].contains(arguments[1]) else {
                throw DeviceTrouble("write `sense BOARD SENSOR on|off`; sensors are \(Self.sensors.keys.sorted().joined(separator: ", "))")
            }
            board.set(sensor.pin, (arguments[1] == "on") != sensor.isLow)
        case "flap":
            guard let name = arguments.first, let sensor = Self.sensors[name] else { throw DeviceTrouble("write `flap BOARD SENSOR`") }
            for edge in 1...500 { board.set(sensor.pin, (edge % 2 == 1) != sensor.isLow) }
        case "lit": return board.level(try Self.output(arguments)) ? "on" : "off"
        case "out":
            let pin = try Self.output(arguments)
            try await Poll.until("the output to go off", deadline: deadline) { board.level(pin) ? .notYet("it is on") : .there(()) }
        case "blinking":
            let pin = try Self.output(arguments)
            let before = board.rises(pin)
            try await Poll.until("the output to blink", deadline: deadline) { board.rises(pin) >= before + 3 ? .there(()) : .notYet("it doesn't") }
        default:
            throw DeviceTrouble("a board has no verb `\(verb)`; verbs are options, sense, flap, lit, out, blinking")
        }
        return "done"
    }

    func end() async { board.remove() }

    private static func output(_ arguments: [String]) throws -> UInt8 {
        guard arguments.count == 1, let pin = outputs[arguments[0]] else {
            throw DeviceTrouble("outputs are \(outputs.keys.sorted().joined(separator: ", "))")
        }
        return pin
    }
}
