/// The clock that the care of devices goes by; a test's moves only when it is told to.
protocol CareClock: Sendable {
    var now: ContinuousClock.Instant { get }
    /// Throws when the task is cancelled.
    func sleep(until deadline: ContinuousClock.Instant) async throws
}

extension ContinuousClock: CareClock {
    func sleep(until deadline: Instant) async throws {
        try await sleep(until: deadline, tolerance: nil)
    }
}
