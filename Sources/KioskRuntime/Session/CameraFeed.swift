internal import DeviceLink
internal import KioskFlow
internal import Synchronization

/// What a camera sees now, on its way from the link to the one page that looks. The bytes are the camera's own: they stay in the memory file that they
/// came in, few at a time, and go nowhere else.
final class CameraFeed: Sendable {
    /// bytes of a frame; a larger one isn't shown. A camera's largest MJPEG frame in the size that is asked for has a third of it.
    static let maxBytes = 4 << 20

    private let state = Mutex(State())

    private struct State {
        /// The effect that shows; nil between two.
        var id: EffectID?
        var hasShown = false
        var view: CameraView?
    }

    /// From now on the frames of that effect are shown.
    func begin(_ id: EffectID) {
        replace { $0 = State(id: id) }
    }

    /// Lets go of every frame. Only the effect that shows ends anything.
    func end(_ id: EffectID) {
        replace { if $0.id == id { $0 = State() } }
    }

    /// From the link's thread: never waits. True for the first frame of that effect.
    func put(_ frame: CameraFrame, _ jpeg: MemoryFile, of id: EffectID) -> Bool {
        let (view, isFirst) = state.withLock { state -> (CameraView?, Bool) in
            guard state.id == id else { return (nil, false) }
            defer { state.hasShown = true }
            return (state.view, !state.hasShown)
        }
        view?.put(CameraView.Frame(sequence: frame.sequence, jpeg: jpeg))
        return isFirst
    }

    /// A look at what that effect shows; nil when it shows nothing (any more). Whoever looked before sees no more: a page that was loaded anew must
    /// not wait for the end of its predecessor.
    func view(_ name: String) -> CameraView? {
        let view = CameraView()
        var isThere = false
        replace { state in
            guard let id = state.id, String(id.value) == name else { return }
            state.view = view
            isThere = true
        }
        return isThere ? view : nil
    }

    private func replace(_ change: (inout State) -> Void) {
        let old = state.withLock { state -> CameraView? in
            let old = state.view
            change(&state)
            return state.view === old ? nil : old
        }
        old?.end()
    }
}
