import Synchronization

/// When something was first heard of.
final class FirstTime: Sendable {
    private let first = Mutex<ContinuousClock.Instant?>(nil)

    var instant: ContinuousClock.Instant? { first.withLock { $0 } }

    func note() {
        first.withLock { $0 = $0 ?? .now }
    }
}
