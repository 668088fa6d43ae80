/// One measurement as it is printed.
struct BenchLine: CustomStringConvertible {
    var name: String
    var value: Double
    var unit: String
    /// `scanimage`, or `limit` for what the house allows.
    var peer: String
    var peerValue: Double
    /// The highest good ratio of value to peer.
    var goal: Double

    var description: String {
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
struct BenchFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

extension [Duration] {
    /// The value below which that part of all lies. Not for an empty array.
    func quantile(_ part: Double) -> Duration {
        sorted()[Swift.min(count - 1, Int((Double(count) * part).rounded(.down)))]
    }

    var median: Duration { quantile(0.5) }
}
