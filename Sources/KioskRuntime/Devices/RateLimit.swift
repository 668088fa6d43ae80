/// A token bucket: so many at once, so many a second in the long run.
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

    /// Takes one token; false when there is none.
    mutating func admit(at now: ContinuousClock.Instant) -> Bool {
        if let last { tokens = min(burst, tokens + perSecond * ((now - last) / .seconds(1))) }
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
