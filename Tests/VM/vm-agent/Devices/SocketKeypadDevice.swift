import Bench

/// `evdev-socket`: the simulated keypad.
struct SocketKeypadDevice: VMDevice {
    private let keypad: KeypadSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a keypad has no options") }
        keypad = try KeypadSimulator()
    }

    var isPlugged: Bool { keypad.isPlugged }

    func plug(within deadline: Duration) async throws { try keypad.plug() }

    func unplug(within deadline: Duration) async throws { keypad.unplug() }

    func unplug(at step: String) async throws {
        guard let step = KeypadSimulator.Step(rawValue: step) else {
            throw DeviceTrouble("steps are \(KeypadSimulator.Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        keypad.unplug(at: step)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options": return "device=\(keypad.path)"
        case "listened":
            try await Poll.until("the driver to read", deadline: deadline) { keypad.isRead ? .there(()) : .notYet("nobody reads") }
        case "press": keypad.press(try Self.code(arguments))
        case "hold":
            let code = try Self.code(arguments)
            keypad.send(code, .down)
            keypad.send(code, .held)
        default: throw DeviceTrouble("a keypad has no verb `\(verb)`; verbs are options, listened, press, hold")
        }
        return "done"
    }

    func end() async { keypad.remove() }

    private static func code(_ arguments: [String]) throws -> UInt16 {
        guard arguments.count == 1, let code = KeypadSimulator.codes[arguments[0]] else { throw DeviceTrouble("keys are 0 to 9 and enter") }
        return code
    }
}
