internal import Synchronization

/// How waiting for something ended that can't itself be cancelled, such as a write to a disk that hangs.
enum Waiting<Value: Sendable>: Sendable {
    case done(Result<Value, any Error>)
    /// The deadline has passed, or the calling task was cancelled.
    case late, cancelled

    /// Waits for `work`, but no longer than until the deadline or until the calling task is cancelled. Work that isn't waited for any more goes on by
    /// itself, and `orphan` is told of its end.
    static func `for`(
        _ work: @escaping @Sendable () async throws -> Value, until deadline: ContinuousClock.Instant,
        orphan: @escaping @Sendable (Result<Value, any Error>) async -> Void = { _ in }
    ) async -> Waiting<Value> {
        let first = First<Waiting>()
        let timer = Task {
            if (try? await Task.sleep(until: deadline, clock: .continuous)) != nil { first.end(.late) }
        }
        defer { timer.cancel() }
        Task {
            let result: Result<Value, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            if !first.end(.done(result)) { await orphan(result) }
        }
        return await withTaskCancellationHandler {
            await first.value
        } onCancel: {
            first.end(.cancelled)
        }
    }
}

/// The first of several ends, for one who waits.
private final class First<End: Sendable>: Sendable {
    private let state = Mutex((end: End?.none, waiter: CheckedContinuation<End, Never>?.none))

    /// False when another came first.
    @discardableResult
    func end(_ end: End) -> Bool {
        let (isFirst, waiter) = state.withLock { state in
            guard state.end == nil else { return (false, CheckedContinuation<End, Never>?.none) }
            state.end = end
            return (true, state.waiter.take())
        }
        waiter?.resume(returning: end)
        return isFirst
    }

    var value: End {
        get async {
            await withCheckedContinuation { waiter in
                let end = state.withLock { state in
                    if state.end == nil { state.waiter = waiter }
                    return state.end
                }
                if let end { waiter.resume(returning: end) }
            }
        }
    }
}
