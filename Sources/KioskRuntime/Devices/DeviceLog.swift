internal import Logging
internal import Synchronization

/// The journal of one device. However badly it behaves, it gets `burst` lines at once and `hourly` an hour after that; what stays unsaid is counted
/// in the next line that is said.
final class DeviceLog: Sendable {
    static let burst = 30.0
    static let hourly = 30.0

    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var limit = RateLimit(burst: burst, perSecond: hourly / 3600)
        var unsaid = 0
    }

    init(_ logger: Logger) {
        self.logger = logger
    }

    func say(
        _ level: Logger.Level, _ message: @autoclosure () -> Logger.Message, _ metadata: Logger.Metadata = [:],
        at now: ContinuousClock.Instant = .now
    ) {
        let unsaid = state.withLock { state -> Int? in
            guard state.limit.admit(at: now) else {
                state.unsaid += 1
                return nil
            }
            defer { state.unsaid = 0 }
            return state.unsaid
        }
        guard let unsaid else { return }
        logger.log(level: level, message(), metadata: unsaid > 0 ? metadata.merging(["unsaid": "\(unsaid)"]) { $1 } : metadata)
    }
}
