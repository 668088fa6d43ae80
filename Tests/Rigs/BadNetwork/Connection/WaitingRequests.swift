import Synchronization

/// Requests that are held until one that began later has been answered.
final class WaitingRequests: Sendable {
    private struct State {
        var last = 0
        var held: [(number: Int, release: @Sendable () -> Void)] = []
    }

    private let state = Mutex(State())

    /// The number of a request that begins now.
    func next() -> Int {
        state.withLock { state in
            state.last += 1
            return state.last
        }
    }

    func hold(_ number: Int, release: @escaping @Sendable () -> Void) {
        state.withLock { $0.held.append((number, release)) }
    }

    /// Lets those go that began before this one.
    func answered(_ number: Int) {
        let free = state.withLock { state in
            let free = state.held.filter { $0.number < number }
            state.held.removeAll { $0.number < number }
            return free
        }
        for request in free { request.release() }
    }
}
