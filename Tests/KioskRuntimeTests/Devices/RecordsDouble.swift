import Foundation
import KioskRuntime
import LocalAPI
import Synchronization

/// Records in memory, which may fail, and say what happened in which order.
final class RecordsDouble: DeviceRecords {
    struct Broken: Error {}

    struct State {
        var histories: [String: DeviceHistory] = [:]
        var counters: [String: DeviceCounters] = [:]
        var tickets: [DeviceTicket] = []
        var closed: [UUID] = []
        var acts: [(id: UUID, act: DeviceAct, facts: [DeviceAct.Fact])] = []
        var isBroken = false
        var gate: Gate?
    }

    /// What waits at a disk that hangs.
    final class Gate: Sendable {
        private let ends: AsyncStream<Void>
        private let end: AsyncStream<Void>.Continuation

        init() { (ends, end) = AsyncStream.makeStream() }

        func open() { end.finish() }

        func pass() async { for await _ in ends {} }
    }

    /// From now on no act can be begun until the gate is open.
    func hang() -> Gate {
        let gate = Gate()
        state.withLock { $0.gate = gate }
        return gate
    }

    let state: Mutex<State>

    init(_ histories: [String: DeviceHistory] = [:], isBroken: Bool = false) {
        state = Mutex(State(histories: histories, isBroken: isBroken))
    }

    func histories() async throws -> [String: DeviceHistory] { state.withLock { $0.histories } }

    func count(_ counters: DeviceCounters, on device: String) async throws {
        try state.withLock {
            if $0.isBroken { throw Broken() }
            let before = $0.counters[device] ?? DeviceCounters()
            $0.counters[device] = DeviceCounters(
                uses: before.uses + counters.uses, failures: before.failures + counters.failures,
                busyMilliseconds: before.busyMilliseconds + counters.busyMilliseconds)
        }
    }

    func keep(_ ticket: DeviceTicket) async throws {
        try state.withLock {
            if $0.isBroken { throw Broken() }
            $0.tickets.removeAll { $0.id == ticket.id }
            $0.tickets.append(ticket)
        }
    }

    func close(ticket: UUID, at date: Date) async throws {
        try state.withLock {
            if $0.isBroken { throw Broken() }
            $0.closed.append(ticket)
        }
    }

    func begin(_ act: DeviceAct, on device: String, at date: Date) async throws -> UUID {
        let id = UUID()
        await state.withLock { $0.gate }?.pass()
        try state.withLock {
            if $0.isBroken { throw Broken() }
            $0.acts.append((id, act, []))
        }
        return id
    }

    func note(_ fact: DeviceAct.Fact, of act: UUID) async throws {
        state.withLock { state in
            guard let index = state.acts.firstIndex(where: { $0.id == act }) else { return }
            state.acts[index].facts.append(fact)
        }
    }

    func log(of device: String, limit: Int) async throws -> [DeviceLogEntry] { [] }
}
