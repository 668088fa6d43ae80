import Glibc

/// What a piece of work took.
struct Cost {
    /// Of the clock on the wall.
    var wall = Duration.zero
    /// Of the processors, in this process and in the children of it that ended meanwhile.
    var processor = Duration.zero

    static func += (left: inout Cost, right: Cost) {
        left.wall += right.wall
        left.processor += right.processor
    }
}

/// Measures from when it is made.
struct CostMeter {
    private let began = ContinuousClock.now
    private let used = Self.used()

    /// Up to now.
    var cost: Cost { Cost(wall: ContinuousClock.now - began, processor: Self.used() - used) }

    private static func used() -> Duration {
        var (own, children) = (rusage(), rusage())
        getrusage(RUSAGE_SELF.rawValue, &own)
        getrusage(RUSAGE_CHILDREN.rawValue, &children)
        return [own, children].reduce(.zero) { sum, usage in
            [usage.ru_utime, usage.ru_stime].reduce(sum) { $0 + .seconds($1.tv_sec) + .microseconds($1.tv_usec) }
        }
    }
}
