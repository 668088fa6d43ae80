/// Unlimited exponential backoff with jitter over the whole span, so that a district of kiosks that lost the platform together doesn't come back
/// together. Never shorter than `shortest`: a failing attempt can't turn into a busy loop.
public struct Backoff: Sendable {
    /// No delay is shorter.
    public var shortest: Duration
    /// No delay is longer.
    public var longest: Duration
    /// Picks a number out of a range, evenly.
    private let pick: @Sendable (ClosedRange<Double>) -> Double

    /// `pick` is replaced by tests that want to know the bounds.
    public init(
        shortest: Duration = .seconds(1), longest: Duration = .seconds(300),
        pick: @escaping @Sendable (ClosedRange<Double>) -> Double = { Double.random(in: $0) }
    ) {
        precondition(shortest > .zero && longest >= shortest, "a backoff grows from more than nothing")
        self.shortest = shortest
        self.longest = longest
        self.pick = pick
    }

    /// How long to wait after so many failures in a row, 1 being the first.
    public func delay(afterFailures failures: Int) -> Duration {
        let least = shortest / .seconds(1)
        let most = longest / .seconds(1)
        // 2^30 seconds lie beyond any longest delay, and far from overflow.
        let ceiling = min(most, least * Double(1 << min(max(failures, 1), 30)))
        return .seconds(pick(least...ceiling))
    }
}
