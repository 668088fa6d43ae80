/// A personal value that no description, log line, error text or debugger dump shows.
///
/// Reading it takes the word `reveal`, so that every place that does so can be found by searching for it.
/// Encoding carries the value: only sealed packets and the pipe to a device host are ever encoded from one.
public struct Redacted<Value> {
    /// The value itself. Use it to seal, to compare or to draw on the citizen's own screen; never to log.
    public let reveal: Value

    public init(_ value: Value) {
        reveal = value
    }

    public func map<Result>(_ transform: (Value) throws -> Result) rethrows -> Redacted<Result> {
        Redacted<Result>(try transform(reveal))
    }
}

extension Redacted: Sendable where Value: Sendable {}
extension Redacted: Equatable where Value: Equatable {}
extension Redacted: Hashable where Value: Hashable {}

extension Redacted: Encodable where Value: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(reveal)
    }
}

extension Redacted: Decodable where Value: Decodable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Value.self))
    }
}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
