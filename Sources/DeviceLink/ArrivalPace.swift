/// When a missing device is looked for after the kernel has told of arrivals: one plug brings a dozen messages within milliseconds, the node comes
/// among them, and udev gives it to its group a moment later.
struct ArrivalPace {
    /// From the first message to the look, and between two looks.
    static let settling: Duration = .milliseconds(250)
    /// From the last message to one more look, for a node whose group came late.
    static let patience: Duration = .seconds(1)

    private var first: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    /// When to look next; nil when nothing has come.
    var due: ContinuousClock.Instant? { first.map { $0 + Self.settling } ?? last.map { $0 + Self.patience } }

    mutating func arrived(at now: ContinuousClock.Instant) {
        if first == nil { first = now }
        last = now
    }

    /// Whether to look now.
    mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
        guard let due, now >= due else { return false }
        if first == nil { last = nil }
        first = nil
        return true
    }
}
