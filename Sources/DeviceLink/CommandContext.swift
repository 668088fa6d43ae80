/// What a driver sees of the command it carries out: how long it may take, whether kioskd still wants it, and a way to report progress.
public final class CommandContext: Sendable {
    /// When the answer must be there.
    public let deadline: ContinuousClock.Instant
    private let cancelled = Monitor(false)
    private let send: @Sendable (DeviceProgress, [MemoryFile]) throws -> Void

    public init(deadline: ContinuousClock.Instant, send: @escaping @Sendable (DeviceProgress, [MemoryFile]) throws -> Void) {
        self.deadline = deadline
        self.send = send
    }

    /// Polled by drivers between short C calls (≤ 200 ms each).
    public var isCancelled: Bool { cancelled.value }

    public func cancel() {
        cancelled.update { $0 = true }
    }

    /// Milliseconds until the deadline, never negative.
    public var remainingMilliseconds: Int32 {
        let left = deadline - ContinuousClock.now
        guard left > .zero else { return 0 }
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: milliseconds)
    }

    /// Throws `CancellationError` once kioskd has cancelled the command.
    public func checkCancelled() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Waits that long, and not beyond the deadline. Throws `CancellationError` as soon as kioskd cancels the command.
    public func pause(_ time: Duration) throws {
        let end = min(ContinuousClock.now + time, deadline)
        let isOver = cancelled.wait { isCancelled in isCancelled || .now >= end ? .done(isCancelled) : .until(end) }
        if isOver { throw CancellationError() }
    }

    /// Sends progress at once; throws when the link is gone, upon which the driver gives up.
    public func report(_ progress: DeviceProgress, files: [MemoryFile] = []) throws {
        try send(progress, files)
    }
}
