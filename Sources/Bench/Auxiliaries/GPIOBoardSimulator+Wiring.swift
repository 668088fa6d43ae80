extension GPIOBoardSimulator {
    /// What hangs on the board in a kiosk of the bench.
    public static let outputs: [String: UInt8] = ["reader-light": 3, "buzzer": 4]
    /// The cabinet's contact is closed, and low, when the door is open.
    public static let inputs: [String: (pin: UInt8, isLow: Bool)] = [
        "person": (5, false), "cabinet": (6, true), "call": (7, false), "card": (1, false), "paper": (2, false),
    ]

    /// Names of the sensors, as the driver's options have them.
    public static var sensors: [String] { inputs.keys.sorted() }

    /// For the driver of class `auxiliaries`.
    public var driverOptions: [String: String] { Self.driverOptions(chip: path) }

    /// The same for another board that is wired alike.
    public static func driverOptions(chip: String) -> [String: String] {
        var options = ["chip": chip]
        for (name, pin) in outputs { options["out.\(name)"] = "\(pin)" }
        for (name, input) in inputs { options["in.\(name)"] = "\(input.pin)\(input.isLow ? ":low" : "")" }
        return options
    }

    /// Every sensor at rest: nothing is active when the board gets power.
    public func rest() {
        for sensor in Self.sensors { sense(sensor, isActive: false) }
    }

    /// Returns false when there is no such sensor.
    @discardableResult
    public func sense(_ sensor: String, isActive: Bool) -> Bool {
        guard let input = Self.inputs[sensor] else { return false }
        set(input.pin, isActive != input.isLow)
        return true
    }

    /// Whether that sensor is active; false for one that isn't there.
    public func isActive(_ sensor: String) -> Bool {
        Self.inputs[sensor].map { level($0.pin) != $0.isLow } ?? false
    }
}
