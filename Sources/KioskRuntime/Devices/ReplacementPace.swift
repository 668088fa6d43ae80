/// When a host that ended is started anew: at once after the first death, so that a citizen's retry finds it up; then ever more slowly,
/// with jitter, so that a broken device doesn't eat the processor. A value: time and chance come in.
struct ReplacementPace {
    static let first: Duration = .milliseconds(50)
    static let longest: Duration = .seconds(30)
    /// Deaths in a row after which the device is out of service until a host stays up.
    static let breaker = 5

    private(set) var deaths = 0
    private let stable: Duration

    init(stable: Duration) {
        self.stable = stable
    }

    var isBroken: Bool { deaths >= Self.breaker }

    /// Counts a death and says how long to wait. `uptime` is the time since the hello, zero when there was none; `chance` lies in 0…1.
    mutating func pause(afterUptime uptime: Duration, chance: Double) -> Duration {
        if uptime >= stable { deaths = 0 }
        deaths += 1
        guard deaths > 1 else { return Self.first }
        let full = min(Self.longest, .milliseconds(250) * (1 << min(deaths, 10)))
        return full * (0.5 + chance / 2)
    }
}
