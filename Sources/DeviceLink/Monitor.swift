internal import Glibc

/// A value shared by threads, with a way to wait for it to change: a mutex and a condition variable on the monotonic clock.
/// For threads that may block; never wait on one from Swift's cooperative pool.
public final class Monitor<State>: @unchecked Sendable {
    // Unchecked: `state` is touched only between lock and unlock, and the two handles have a fixed address for the life of this object.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    public init(_ state: sending State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the value, and wakes every waiter to look at it again.
    public func update<Result>(_ body: (inout State) throws -> sending Result) rethrows -> sending Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Calls `body` now, and again after every change and when the instant it last gave has come, until it answers.
    public func wait<Result>(_ body: (inout State) -> Wait<Result>) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch body(&state) {
            case .done(let result): return result
            case .until(nil): pthread_cond_wait(condition, mutex)
            case .until(let instant?):
                var end = Self.timespec(after: instant - ContinuousClock.now)
                pthread_cond_timedwait(condition, mutex, &end)
            }
        }
    }

    private static func timespec(after interval: Duration) -> timespec {
        var now = Glibc.timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let total = Duration.seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) + max(interval, .zero)
        return Glibc.timespec(tv_sec: Int(total.components.seconds), tv_nsec: Int(total.components.attoseconds / 1_000_000_000))
    }
}

extension Monitor where State: Sendable {
    /// The value as it is.
    public var value: State { wait { .done($0) } }
}

/// What a waiter on a ``Monitor`` found: its result, or when to look again (nil: at the next change only).
public enum Wait<Result> {
    case done(Result)
    case until(ContinuousClock.Instant?)
}
