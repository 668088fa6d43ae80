import Bench

/// Pins of a board that a scenario moves and looks at.
protocol BoardPins: VMDevice {
    /// What the driver's `chip` is to be.
    var chip: String { get }
    func set(_ pin: UInt8, _ isHigh: Bool) async throws
    /// Moves it up and down, quicker than anybody could press, and leaves it where it was.
    func flap(_ pin: UInt8) async throws
    /// Answers nothing until the driver opens the board anew.
    func disturb() async throws
    /// Of an output.
    func isHigh(_ pin: UInt8) async throws -> Bool
    /// How often an output went up.
    func rises(_ pin: UInt8) async throws -> Int
}

/// The words of a scenario for what a board of lights and sensors does, whatever its plug. It is wired as the bench's kiosk is.
enum BoardVerbs {
    private static let outputs = GPIOBoardSimulator.outputs
    private static let sensors = GPIOBoardSimulator.inputs

    /// Nothing is active.
    static func rest(_ board: some BoardPins) async throws {
        for sensor in sensors.values { try await board.set(sensor.pin, sensor.isLow) }
    }

    static func perform(_ verb: String, _ arguments: [String], on board: some BoardPins, within deadline: Duration) async throws -> String {
        switch verb {
        case "options":
            return GPIOBoardSimulator.driverOptions(chip: board.chip).sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
        case "sense":
            guard arguments.count == 2, let sensor = sensors[arguments[0]], ["on", "off"].contains(arguments[1]) else {
                throw DeviceTrouble("write `sense BOARD SENSOR on|off`; sensors are \(sensors.keys.sorted().joined(separator: ", "))")
            }
            try await board.set(sensor.pin, (arguments[1] == "on") != sensor.isLow)
        case "flap":
            guard let name = arguments.first, let sensor = sensors[name] else { throw DeviceTrouble("write `flap BOARD SENSOR`") }
            try await board.flap(sensor.pin)
        case "disturb": try await board.disturb()
        case "pulled":
            try await Poll.until("the board to pull its plug", deadline: deadline) { await board.isPlugged ? .notYet("it is in") : .there(()) }
        case "lit":
            let pin = try output(arguments)
            try await Poll.until("the output to come on", deadline: deadline) { try await board.isHigh(pin) ? .there(()) : .notYet("it is off") }
        case "out":
            let pin = try output(arguments)
            try await Poll.until("the output to go off", deadline: deadline) { try await board.isHigh(pin) ? .notYet("it is on") : .there(()) }
        case "blinking":
            let pin = try output(arguments)
            let before = try await board.rises(pin)
            try await Poll.until("the output to blink", deadline: deadline) {
                try await board.rises(pin) >= before + 3 ? .there(()) : .notYet("it doesn't")
            }
        default:
            throw DeviceTrouble("a board has no verb `\(verb)`; verbs are options, sense, flap, disturb, pulled, lit, out, blinking")
        }
        return "done"
    }

    private static func output(_ arguments: [String]) throws -> UInt8 {
        guard arguments.count == 1, let pin = outputs[arguments[0]] else {
            throw DeviceTrouble("outputs are \(outputs.keys.sorted().joined(separator: ", "))")
        }
        return pin
    }
}
