/// A token bucket: so much at once, so much a second in the long run.
struct RateLimit {
    private let burst: Double
    private let perSecond: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant?

    init(burst: Double, perSecond: Double) {
        self.burst = burst
        self.perSecond = perSecond
        tokens = burst
    }

    /// Takes `cost` tokens; false, and takes none, when there are fewer.
    mutating func admit(_ cost: Double = 1, at now: ContinuousClock.Instant) -> Bool {
        if let last { tokens = min(burst, tokens + perSecond * ((now - last) / .seconds(1))) }
        last = now
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }
}
