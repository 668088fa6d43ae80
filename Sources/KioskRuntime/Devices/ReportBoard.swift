internal import KioskModel
internal import LocalAPI
internal import Synchronization

/// What is known of all devices, in the order of their configuration, and who wants to hear of changes.
final class ReportBoard: Sendable {
    private struct State {
        var reports: [DeviceReport]
        var listeners: [Int: AsyncStream<[DeviceReport]>.Continuation] = [:]
        var nextListener = 0
    }

    private let state: Mutex<State>

    init(_ specs: [DeviceSpec]) {
        state = Mutex(State(reports: specs.map { DeviceReport(name: $0.name, deviceClass: $0.deviceClass, state: .absent) }))
    }

    var reports: [DeviceReport] { state.withLock { $0.reports } }

    /// The newest state at once, then at every change; a slow listener misses states in between, never the last.
    func changes() -> AsyncStream<[DeviceReport]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [DeviceReport].self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            continuation.yield(state.reports)
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: key) }
        }
        return stream
    }

    func update(_ name: String, _ change: (inout DeviceReport) -> Void) {
        state.withLock { state in
            guard let index = state.reports.firstIndex(where: { $0.name == name }) else { return }
            let before = state.reports[index]
            change(&state.reports[index])
            guard state.reports[index] != before else { return }
            for listener in state.listeners.values { listener.yield(state.reports) }
        }
    }

    func finish() {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.finish() }
    }
}
