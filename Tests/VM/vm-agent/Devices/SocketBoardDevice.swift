import Bench

/// `gpio-socket`: the simulated board.
struct SocketBoardDevice: BoardPins {
    private let board: GPIOBoardSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a board has no options") }
        board = try GPIOBoardSimulator()
    }

    var isPlugged: Bool { board.isPlugged }

    func plug(within deadline: Duration) async throws {
        try await BoardVerbs.rest(self)
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
        try await BoardVerbs.perform(verb, arguments, on: self, within: deadline)
    }

    func end() async { board.remove() }

    // MARK: Pins

    var chip: String { board.path }

    func set(_ pin: UInt8, _ isHigh: Bool) { board.set(pin, isHigh) }

    func flap(_ pin: UInt8) {
        let rest = board.level(pin)
        for edge in 1...500 { board.set(pin, (edge % 2 == 1) != rest) }
    }

    func disturb() { board.hangUp() }

    func isHigh(_ pin: UInt8) -> Bool { board.level(pin) }

    func rises(_ pin: UInt8) -> Int { board.rises(pin) }
}
