import Synchronization
import Testing

@testable import PlatformClient

@Suite struct ThrottleTests {
    /// A clock on which sleeping takes no time and is written down.
    private final class Sleeps: Clock, Sendable {
        struct Instant: InstantProtocol {
            var offset: Swift.Duration
            func advanced(by duration: Swift.Duration) -> Self { Self(offset: offset + duration) }
            func duration(to other: Self) -> Swift.Duration { other.offset - offset }
            static func < (first: Self, second: Self) -> Bool { first.offset < second.offset }
        }

        private let state = Mutex(Swift.Duration.zero)
        let minimumResolution = Swift.Duration.zero
        var now: Instant { Instant(offset: state.withLock(\.self)) }

        func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
            try Task.checkCancellation()
            state.withLock { $0 = max($0, deadline.offset) }
        }

        func advance(by duration: Swift.Duration) { state.withLock { $0 += duration } }
    }

    @Test func whatIsSentTogetherKeepsToTheRate() async throws {
        let clock = Sleeps()
        let throttle = Throttle(bytesPerSecond: 100_000, clock: clock, elapsed: { clock.now.offset })
        for _ in 0..<11 { try await throttle.pass(50_000) }
        // The first goes at once, each other one behind the one before.
        #expect(clock.now.offset == .seconds(5))
    }

    @Test func nothingIsSavedUpInAPause() async throws {
        let clock = Sleeps()
        let throttle = Throttle(bytesPerSecond: 100_000, clock: clock, elapsed: { clock.now.offset })
        try await throttle.pass(100_000)
        clock.advance(by: .seconds(3600))
        try await throttle.pass(100_000)
        #expect(clock.now.offset == .seconds(3600))
        try await throttle.pass(100_000)
        #expect(clock.now.offset == .seconds(3601))
    }

    @Test func aCancelledUploadDoesNotWait() async throws {
        let throttle = Throttle(bytesPerSecond: 1)
        try await throttle.pass(1_000_000)
        let waiting = Task { try await throttle.pass(1) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
