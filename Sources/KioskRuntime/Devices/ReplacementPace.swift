/// When a host that ended is started anew: at once after the first death, so that a citizen's retry finds it up; then ever more slowly,
/// with jitter, so that a broken device doesn't eat the processor. A value: time and chance come in.
///
/// A host that was up for a while before it ended, killed from outside or by a fault that took its time, isn't made to wait for longer than it was up:
/// at worst the device is there half of the time.
///
/// In the words of a circuit breaker: open after ``breaker`` deaths in a row, each start after that a trial, closed by a host that stays up or does work.
struct ReplacementPace {
    static let first: Duration = .milliseconds(50)
    /// Between two trials of a broken one. A technician who has mended it needn't wait: `kioskctl device reset` starts it at once.
    static let longest: Duration = .seconds(300)
    /// Up for so long, a host has done more than look at its device once and die of it.
    static let proven: Duration = .seconds(5)
    /// Deaths in a row after which the device is out of service until a host stays up.
    static let breaker = 5

    private(set) var deaths = 0
    private let stable: Duration

    init(stable: Duration) {
        self.stable = stable
    }

    var isBroken: Bool { deaths >= Self.breaker }

    /// Counts a death and says how long to wait. `uptime` is the time since the hello, zero when there was none; `didWork`: it carried out a command;
    /// `chance` lies in 0…1.
    mutating func pause(afterUptime uptime: Duration, didWork: Bool = false, chance: Double) -> Duration {
        if uptime >= stable || didWork { deaths = 0 }
        deaths += 1
        guard deaths > 1 else { return Self.first }
        let full = min(Self.longest, .milliseconds(250) * (1 << min(deaths, 11)))
        return (uptime >= Self.proven ? min(full, uptime) : full) * (0.5 + chance / 2)
    }
}
