import Synchronization

/// The rules of a proxy: whom each takes hold of, and how often it came to pass.
final class RuleBook: Sendable {
    private struct Entry {
        var id: NetworkRule.ID
        var rule: NetworkRule
        /// Connections or requests that it was meant for, those before the nth included.
        var seen = 0
        var taken = 0
    }

    private struct State {
        var entries: [Entry] = []
        var fired: [NetworkRule.ID: Int] = [:]
        var lastID = 0
    }

    private let state = Mutex(State())

    func add(_ rule: NetworkRule) -> NetworkRule.ID {
        state.withLock { state in
            state.lastID += 1
            let id = NetworkRule.ID(number: state.lastID)
            state.entries.append(Entry(id: id, rule: rule))
            return id
        }
    }

    /// Removes one rule, or all.
    func remove(_ id: NetworkRule.ID?) {
        state.withLock { state in
            state.entries.removeAll { id == nil || $0.id == id }
        }
    }

    func isLive(_ id: NetworkRule.ID) -> Bool {
        state.withLock { $0.entries.contains { $0.id == id } }
    }

    func fired(_ id: NetworkRule.ID) -> Int {
        state.withLock { $0.fired[id, default: 0] }
    }

    func fire(_ id: NetworkRule.ID) {
        state.withLock { $0.fired[id, default: 0] += 1 }
    }

    /// Whether a request has to be held back until its head is known.
    var concernsRequests: Bool {
        state.withLock { $0.entries.contains { $0.rule.target.unit == .request } }
    }

    /// Whether requests are held for later ones.
    var reorders: Bool {
        state.withLock { $0.entries.contains { $0.rule.effect == .reorder } }
    }

    /// What happens to a new connection.
    func connection() -> [ActiveEffect] {
        take { $0.unit == .connection }
    }

    /// What happens to a new request.
    func request(method: String, path: String) -> [ActiveEffect] {
        take { $0.unit == .request && $0.includes(method: method, path: path) }
    }

    private func take(_ matches: (NetworkTarget) -> Bool) -> [ActiveEffect] {
        state.withLock { state in
            var taken: [ActiveEffect] = []
            for index in state.entries.indices where matches(state.entries[index].rule.target) {
                state.entries[index].seen += 1
                let entry = state.entries[index]
                guard entry.seen >= entry.rule.target.nth, entry.taken < entry.rule.times ?? .max else { continue }
                state.entries[index].taken += 1
                taken.append(ActiveEffect(entry.rule.effect, of: entry.id, in: self))
            }
            return taken
        }
    }
}
