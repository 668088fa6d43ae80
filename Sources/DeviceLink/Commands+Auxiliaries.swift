public import KioskModel

/// A light or the buzzer.
public struct SignalRequest: Sendable, Codable, Hashable {
    public enum Pattern: Sendable, Codable, Hashable {
        case off, on
        /// milliseconds of one on and off, each half
        case blink(period: Int)
        /// milliseconds on, then off
        case pulse(Int)
    }

    /// As the configuration names it: `reader-light`, `buzzer`.
    public var output: String
    public var pattern: Pattern

    public init(output: String, pattern: Pattern) {
        self.output = output
        self.pattern = pattern
    }
}

/// A key going down. What is typed may be a telephone number or a code.
public struct KeyPress: Sendable, Codable, Equatable {
    public enum Key: String, Sendable, Codable, CaseIterable {
        case digit0, digit1, digit2, digit3, digit4, digit5, digit6, digit7, digit8, digit9
        case star, hash, point, x
        case enter, clear, cancel, up, down, left, right
        /// The key with the raised mark that asks for help or repeats what was spoken.
        case help
    }

    public var key: Redacted<Key>

    public init(_ key: Key) {
        self.key = Redacted(key)
    }
}
