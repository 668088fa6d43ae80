import Dispatch

/// Runs work that blocks in a system call outside Swift's cooperative thread pool.
enum Blocking {
    static let queue = DispatchQueue(label: "platform.blocking", attributes: .concurrent)

    static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }
}
