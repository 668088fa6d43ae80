import Bench

/// `cp2112`: a gpiochip of the kernel's, made by its driver of a USB bridge that `vm-device` plays.
struct KernelBoardDevice: BoardPins {
    private static let limit: Duration = .seconds(30)
    private let bridge: GadgetDevice

    init(options: [String: String], place: VMPlace) throws {
        let role = GadgetDevice.Role(
            name: "cp2112", uses: [], verbs: ["high", "low", "flap", "level", "rises", "disturb"], steps: ["take", "on", "edge"])
        bridge = try GadgetDevice(role, options: options, place: place)
    }

    var isPlugged: Bool { get async { await bridge.isPlugged } }

    func plug(within deadline: Duration) async throws {
        try await bridge.plug(within: deadline)
        try await BoardVerbs.rest(self)
    }

    func unplug(within deadline: Duration) async throws { try await bridge.unplug(within: deadline) }

    func unplug(at step: String) async throws { try await bridge.unplug(at: step) }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        try await BoardVerbs.perform(verb, arguments, on: self, within: deadline)
    }

    func end() async { await bridge.end() }

    // MARK: Pins

    /// As hid-cp2112 labels it.
    var chip: String { "cp2112_gpio" }

    func set(_ pin: UInt8, _ isHigh: Bool) async throws { _ = try await ask(isHigh ? "high" : "low", pin) }

    func flap(_ pin: UInt8) async throws { _ = try await ask("flap", pin) }

    func disturb() async throws { _ = try await bridge.perform("disturb", [], within: Self.limit) }

    func isHigh(_ pin: UInt8) async throws -> Bool { try await ask("level", pin) == "high" }

    func rises(_ pin: UInt8) async throws -> Int { Int(try await ask("rises", pin)) ?? 0 }

    private func ask(_ verb: String, _ pin: UInt8) async throws -> String { try await bridge.perform(verb, ["\(pin)"], within: Self.limit) }
}
