import Bench

/// Waiting for something that may never return: it is left behind, cancelled, when its time is over.
enum Deadline {
    struct Passed: Error, CustomStringConvertible {
        var what: String
        var duration: Duration

        var description: String { "\(what) didn't end within \(duration.components.seconds) s" }
    }

    static func hold<Value: Sendable>(_ duration: Duration, _ what: String, _ work: @escaping @Sendable () async throws -> Value) async throws
        -> Value
    {
        let (ends, continuation) = AsyncStream.makeStream(of: Result<Value, any Error>.self, bufferingPolicy: .bufferingOldest(1))
        let worker = Task {
            do { continuation.yield(.success(try await work())) } catch { continuation.yield(.failure(error)) }
        }
        let timer = Task {
            guard (try? await Task.sleep(for: duration)) != nil else { return }
            continuation.yield(.failure(Passed(what: what, duration: duration)))
        }
        defer {
            worker.cancel()
            timer.cancel()
        }
        for await end in ends { return try end.get() }
        throw CancellationError()
    }
}
