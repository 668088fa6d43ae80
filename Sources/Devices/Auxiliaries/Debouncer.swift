/// Believes a sensor once it has rested. A value: it is told the time, and says when it wants to be told again.
struct Debouncer: Equatable {
    typealias Instant = ContinuousClock.Instant

    private(set) var isActive: Bool
    /// When the sensor is to be looked at; nil while it rests. Until then its edges are of no matter, so that a flapping sensor costs one look
    /// for each ``pause``, not one for each edge.
    private(set) var due: Instant?
    private let pause: Duration
    /// The level at the last look.
    private var seen: Bool

    init(isActive: Bool, pause: Duration) {
        self.isActive = isActive
        seen = isActive
        self.pause = pause
    }

    mutating func edge(at now: Instant) {
        if due == nil { due = now + pause }
    }

    /// Tells what the sensor's level is when ``due`` has come. Returns whether ``isActive`` changed: only when two looks in a row agree.
    mutating func look(_ level: Bool, at now: Instant) -> Bool {
        defer { seen = level }
        // Reaching another level counts as rest only when the next look finds it there still.
        guard level == seen || level == isActive else {
            due = now + pause
            return false
        }
        due = nil
        defer { isActive = level }
        return level != isActive
    }
}
