/// What goes wrong, with whom, and how often. Readable from JSON, so that a network can be scripted as text.
public struct NetworkRule: Sendable, Codable, Hashable {
    /// A rule that was added to a proxy.
    public struct ID: Sendable, Hashable {
        /// Grows from rule to rule of a proxy.
        let number: Int
    }

    public var effect: NetworkEffect
    public var target: NetworkTarget
    /// How many connections or requests it takes hold of; nil for every one until it is removed.
    public var times: Int?

    public init(_ effect: NetworkEffect, on target: NetworkTarget = .connections(), times: Int? = nil) {
        self.effect = effect
        self.target = target
        self.times = times
    }

    /// - Throws: `DecodingError` with a sentence that says what is wrong.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        effect = try container.decode(NetworkEffect.self, forKey: .effect)
        target = try container.decodeIfPresent(NetworkTarget.self, forKey: .target) ?? .connections()
        times = try container.decodeIfPresent(Int.self, forKey: .times)
        if let mistake { throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: mistake)) }
    }

    /// Why it can't be a rule; nil when it can.
    public var mistake: String? {
        if let times, times < 1 { return "times is \(times); a rule takes hold at least once" }
        if target.nth < 1 { return "nth is \(target.nth); connections and requests are counted from 1" }
        return effect.mistake
    }
}

/// Which connections or requests a rule takes hold of, counted from the moment when the rule was added.
///
/// On a connection an effect's byte offsets count from the connection's first byte, and effects that concern a request concern each one on it.
/// On a request they count from the first byte of the request, or of its response.
public struct NetworkTarget: Sendable, Codable, Hashable {
    /// Whether whole connections or single requests are meant.
    public enum Unit: String, Sendable, Codable {
        case connection, request
    }

    public var unit: Unit
    /// Of a request; nil for any.
    public var method: String?
    /// What a request's target begins with; nil for any.
    public var path: String?
    /// The first that it takes hold of, 1 for the next one.
    public var nth: Int

    /// Connections made from now on.
    public static func connections(nth: Int = 1) -> Self { Self(unit: .connection, method: nil, path: nil, nth: nth) }

    /// Requests that begin from now on, also on connections that exist.
    /// - Parameters:
    ///   - method: `PATCH`; nil for any
    ///   - path: what the request's target begins with; nil for any
    public static func requests(method: String? = nil, path: String? = nil, nth: Int = 1) -> Self {
        Self(unit: .request, method: method, path: path, nth: nth)
    }

    init(unit: Unit, method: String?, path: String?, nth: Int) {
        self.unit = unit
        self.method = method
        self.path = path
        self.nth = nth
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            unit: try container.decode(Unit.self, forKey: .unit), method: try container.decodeIfPresent(String.self, forKey: .method),
            path: try container.decodeIfPresent(String.self, forKey: .path), nth: try container.decodeIfPresent(Int.self, forKey: .nth) ?? 1)
    }

    func includes(method: String, path: String) -> Bool {
        (self.method ?? method) == method && path.hasPrefix(self.path ?? "")
    }
}
