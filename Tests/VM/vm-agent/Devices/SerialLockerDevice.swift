import Bench

/// `pty-locker`: the simulated locker on a serial port. Its words are those of `acm`.
struct SerialLockerDevice: VMDevice {
    private static let verbs = "options, echo, withhold, release, open, shut, locks, stick, free, noise, polarity"
    private let locker: LockerSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a locker on a serial port has no options") }
        locker = try LockerSimulator()
    }

    var isPlugged: Bool { locker.isPlugged }

    func plug(within deadline: Duration) async throws { try locker.plug() }

    func unplug(within deadline: Duration) async throws { locker.unplug() }

    func unplug(at step: String) async throws {
        guard let step = LockerSimulator.Step(rawValue: step) else {
            throw DeviceTrouble("a locker has no step `\(step)`; steps are \(LockerSimulator.Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        locker.unplug(at: step)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch (verb, arguments.first) {
        case ("options", nil): return "port=\(locker.devicePath) polarity=open-is-0"
        case ("echo", "on"), ("echo", "off"): locker.set { $0.echoes = arguments == ["on"] }
        case ("noise", "on"), ("noise", "off"): locker.set { $0.isNoisy = arguments == ["on"] }
        case ("polarity", "open-is-1"), ("polarity", "open-is-0"): locker.set { $0.setPolarity(openIsOne: arguments == ["open-is-1"]) }
        case ("withhold", nil): locker.set { $0.isWithholding = true }
        case ("release", nil): locker.release()
        case ("open", let lock?), ("shut", let lock?): locker.turn(try door(lock), open: verb == "open")
        case ("stick", let lock?):
            let door = try door(lock)
            locker.set { _ = $0.stuckDoors.insert(door) }
        case ("free", let lock?):
            let door = try door(lock)
            locker.set { _ = $0.stuckDoors.remove(door) }
        case ("locks", nil):
            let bits = locker.openDoors.reduce(UInt32(0)) { $0 | 1 << UInt32($1 - 1) }
            let digits = String(bits, radix: 16)
            return "open=" + String(repeating: "0", count: 8 - digits.count) + digits
        default: throw DeviceTrouble("a locker has no verb `\(([verb] + arguments).joined(separator: " "))`; verbs are \(Self.verbs)")
        }
        // As a gadget's answer without a text.
        return ""
    }

    func end() async {
        locker.stop()
    }

    private func door(_ text: String) throws -> Int {
        guard let door = Int(text), (1...24).contains(door) else { throw DeviceTrouble("`\(text)` is no door: 1 to 24") }
        return door
    }
}
