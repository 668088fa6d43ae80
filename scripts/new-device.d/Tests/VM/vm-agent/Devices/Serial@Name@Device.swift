import Bench

/// `pty-@name@`: the simulated @words@ on a serial port.
struct Serial@Name@Device: VMDevice {
    private let device: @Name@Simulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("it has no options") }
        device = try @Name@Simulator()
    }

    var isPlugged: Bool { device.isPlugged }

    func plug(within deadline: Duration) async throws { try device.plug() }

    func unplug(within deadline: Duration) async throws { device.unplug() }

    func unplug(at step: String) async throws {
        guard let step = @Name@Simulator.Step(rawValue: step) else {
            throw DeviceTrouble("it has no step `\(step)`; steps are \(@Name@Simulator.Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        device.unplug(at: step)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch (verb, arguments) {
        case ("options", []): return "port=\(device.devicePath)"
        case ("silence", ["on"]), ("silence", ["off"]): device.set { $0.isSilent = arguments == ["on"] }
        case ("jam", ["on"]), ("jam", ["off"]): device.set { $0.isJammed = arguments == ["on"] }
        default:
            throw DeviceTrouble("it has no verb `\(([verb] + arguments).joined(separator: " "))`; verbs are options, silence on|off, jam on|off")
        }
        return ""
    }

    func end() async {
        device.stop()
    }
}
