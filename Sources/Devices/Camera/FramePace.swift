/// Which frames go on: no more than so many a second, but for a few that waited together, numbered as the camera counts.
struct FramePace {
    /// What a camera keeps for a reader that is late.
    private static let buffers = 4
    private let interval: Duration
    private var due = ContinuousClock.now
    private var last = -1

    /// - Parameter rate: frames a second
    init(rate: Int) {
        interval = .seconds(1) / max(1, rate)
    }

    /// The number of a frame that came `now` and goes on, nil for one that comes too soon. Numbers grow whatever the camera says.
    mutating func next(_ sequence: UInt32, now: ContinuousClock.Instant = .now) -> Int? {
        // A camera at just the rate that was asked for is a little early every other time.
        guard now + interval / 4 >= due else { return nil }
        // Frames that waited for this thread come in a row, and all of them go on: the camera made no more than it was asked for.
        due = max(due, now - interval * Self.buffers) + interval
        last = max(last + 1, Int(sequence))
        return last
    }
}
