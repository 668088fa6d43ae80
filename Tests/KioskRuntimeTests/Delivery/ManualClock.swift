import Foundation
import Synchronization

/// A clock that moves only when a test says so, and a wall clock that moves with it.
final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    static let epoch = Date(timeIntervalSince1970: 1_800_000_000)

    private struct State {
        var now = Instant(offset: .zero)
        var sleepers: [UUID: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        /// Sleeps begun so far.
        var sleeps = 0
        /// By how much the clock on the wall is ahead of this one.
        var putForward = Duration.zero
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .zero }
    /// What the clock on the wall says.
    var date: Date { Self.epoch + (now.offset + putForward) / .seconds(1) }
    private var putForward: Duration { state.withLock { $0.putForward } }
    var sleeps: Int { state.withLock { $0.sleeps } }
    /// How long until the first sleeper wakes; nil when nobody sleeps.
    var nextWake: Duration? {
        state.withLock { state in state.sleepers.values.map(\.deadline).min().map { state.now.duration(to: $0) } }
    }

    /// The clock on the wall is put right, or wrong, by so much; nothing that sleeps notices.
    func putForward(by duration: Duration) { state.withLock { $0.putForward += duration } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = UUID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    state.sleeps += 1
                    if Task.isCancelled {
                        continuation.resume(throwing: CancellationError())
                    } else if deadline <= state.now {
                        continuation.resume()
                    } else {
                        state.sleepers[id] = (deadline, continuation)
                    }
                }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id)?.continuation.resume(throwing: CancellationError()) }
        }
    }

    func advance(by duration: Duration) {
        state.withLock { state in
            state.now = state.now.advanced(by: duration)
            for (id, sleeper) in state.sleepers where sleeper.deadline <= state.now {
                state.sleepers[id] = nil
                sleeper.continuation.resume()
            }
        }
    }
}
