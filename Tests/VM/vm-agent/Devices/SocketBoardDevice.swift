import Bench

/// `gpio-socket`: the simulated board, wired as a kiosk might be.
struct SocketBoardDevice: VMDevice {
    private let board: GPIOBoardSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a board has no options") }
        board = try GPIOBoardSimulator()
    }

    var isPlugged: Bool { board.isPlugged }

    func plug(within deadline: Duration) async throws {
        // Nothing is active when it gets power.
        board.rest()
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
            return board.driverOptions.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
        case "sense":
            guard arguments.count == 2, ["on", "off"].contains(arguments[1]), board.sense(arguments[0], isActive: arguments[1] == "on") else {
                throw DeviceTrouble("write `sense BOARD SENSOR on|off`; sensors are \(GPIOBoardSimulator.sensors.joined(separator: ", "))")
            }
        case "flap":
            for edge in 1...500 {
                guard let name = arguments.first, board.sense(name, isActive: edge % 2 == 1) else { throw DeviceTrouble("write `flap BOARD SENSOR`") }
            }
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
        guard arguments.count == 1, let pin = GPIOBoardSimulator.outputs[arguments[0]] else {
            throw DeviceTrouble("outputs are \(GPIOBoardSimulator.outputs.keys.sorted().joined(separator: ", "))")
        }
        return pin
    }
}
