internal import DeviceLink
internal import Synchronization

/// The frames that one page is to be sent: a short queue in which the newest wins. One reader.
final class CameraView: Sendable {
    struct Frame: Sendable {
        /// As the camera counts.
        var sequence: Int
        var jpeg: MemoryFile
    }

    /// Frames that may wait. A page that keeps up needs a few, because frames don't come at even intervals.
    static let room = 4

    struct Counts: Sendable, Equatable {
        var sent = 0
        /// Not sent because the page was too slow, or the frame too large.
        var dropped = 0
    }

    private let state = Mutex(State())

    private struct State {
        var waiting: [Frame] = []
        var reader: CheckedContinuation<Frame?, Never>?
        var counts = Counts()
        var hasEnded = false
        var onEnd: (@Sendable () -> Void)?
    }

    var counts: Counts { state.withLock { $0.counts } }

    /// Never waits.
    func put(_ frame: Frame) {
        let reader = state.withLock { state -> CheckedContinuation<Frame?, Never>? in
            guard !state.hasEnded else { return nil }
            guard frame.jpeg.byteCount <= CameraFeed.maxBytes else {
                state.counts.dropped += 1
                return nil
            }
            if let reader = state.reader {
                state.reader = nil
                state.counts.sent += 1
                return reader
            }
            if state.waiting.count == Self.room {
                state.waiting.removeFirst()
                state.counts.dropped += 1
            }
            state.waiting.append(frame)
            return nil
        }
        reader?.resume(returning: frame)
    }

    /// The next frame; nil after the end, or when the calling task is cancelled.
    func next() async -> Frame? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let (isReady, frame) = state.withLock { state -> (Bool, Frame?) in
                    if state.hasEnded { return (true, nil) }
                    guard !state.waiting.isEmpty else {
                        state.reader = reader
                        return (false, nil)
                    }
                    state.counts.sent += 1
                    return (true, state.waiting.removeFirst())
                }
                if isReady { reader.resume(returning: frame) }
                // A cancellation that came before the reader was set found none.
                if Task.isCancelled { end() }
            }
        } onCancel: {
            end()
        }
    }

    /// What waits is let go at once; `onEnd` is called once.
    func end() {
        let (reader, onEnd) = state.withLock { state in
            defer { (state.hasEnded, state.waiting, state.reader, state.onEnd) = (true, [], nil, nil) }
            return (state.reader, state.onEnd)
        }
        reader?.resume(returning: nil)
        onEnd?()
    }

    /// Called at the end, or now if that was before.
    func onEnd(_ body: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.onEnd = body }
            return state.hasEnded
        }
        if hasEnded { body() }
    }
}
