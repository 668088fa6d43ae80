/// One measurement as it is printed.
public struct BenchLine: CustomStringConvertible {
    public var name: String
    public var value: Double
    public var unit: String
    /// `scanimage`, or `limit` for what the house allows.
    public var peer: String
    public var peerValue: Double
    /// The highest good ratio of value to peer.
    public var goal: Double

    public init(name: String, value: Double, unit: String, peer: String, peerValue: Double, goal: Double) {
        self.name = name
        self.value = value
        self.unit = unit
        self.peer = peer
        self.peerValue = peerValue
        self.goal = goal
    }

    public var description: String {
        // A peer that seems to have taken no time was lost in the noise of a busy machine, and nothing is ok beside it.
        let ratio = peerValue > 0 ? value / peerValue : .infinity
        return "bench \(name) value=\(Self.text(value)) unit=\(unit) peer=\(peer) peer_value=\(Self.text(peerValue)) ratio=\(Self.text(ratio)) "
            + "goal=\(Self.text(goal)) verdict=\(ratio <= goal ? "ok" : "short")"
    }

    /// Three decimals.
    private static func text(_ number: Double) -> String {
        guard number.isFinite else { return "inf" }
        let thousandths = Int((number.magnitude * 1000).rounded())
        let rest = String(1000 + thousandths % 1000).dropFirst()
        return "\(number < 0 ? "-" : "")\(thousandths / 1000).\(rest)"
    }
}

/// Of a measurement that could not be taken.
public struct BenchFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

extension [Duration] {
    /// The value below which that part of all lies. Not for an empty array.
    public func quantile(_ part: Double) -> Duration {
        sorted()[Swift.min(count - 1, Int((Double(count) * part).rounded(.down)))]
    }

    public var median: Duration { quantile(0.5) }
}
