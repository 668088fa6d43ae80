/// Keeps what all uploads send together below a rate, so that a kiosk doesn't take the line that it shares from others.
///
/// Each piece waits until those before it would have gone through a line of that rate; nothing is saved up while nothing is sent.
actor Throttle {
    private let bytesPerSecond: Double
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    /// When the line would be free, since the beginning.
    private var freeAt = Duration.zero

    /// - Parameters:
    ///   - bytesPerSecond: more than 0
    ///   - clock: sleeps
    ///   - elapsed: time since some beginning, by the same clock
    init(bytesPerSecond: Int, clock: any Clock<Duration> = ContinuousClock(), elapsed: (@Sendable () -> Duration)? = nil) {
        self.bytesPerSecond = Double(max(1, bytesPerSecond))
        self.clock = clock
        let begun = ContinuousClock.now
        self.elapsed = elapsed ?? { begun.duration(to: .now) }
    }

    /// Returns when so many bytes may be sent. Throws `CancellationError`; then they count as sent.
    func pass(_ byteCount: Int) async throws {
        let now = elapsed()
        let start = max(now, freeAt)
        freeAt = start + .seconds(Double(byteCount) / bytesPerSecond)
        if start > now { try await clock.sleep(for: start - now) }
    }
}
