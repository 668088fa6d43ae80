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
        // Room for one: what comes second is dropped, and knows that it was.
        let (ends, continuation) = AsyncStream.makeStream(of: Waiting<Value>.self, bufferingPolicy: .bufferingOldest(1))
        let timer = Task {
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            continuation.yield(.late)
        }
        Task {
            let result: Result<Value, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            if case .enqueued = continuation.yield(.done(result)) { return }
            await orphan(result)
        }
        defer {
            timer.cancel()
            continuation.finish()
        }
        for await end in ends { return end }
        return .cancelled
    }
}
