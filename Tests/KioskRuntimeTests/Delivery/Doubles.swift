import Foundation
import KioskRuntime
import Synchronization

/// Holds back whoever waits at it, until it is opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}

/// A platform at the end of the uplink protocol, scripted packet by packet.
final class ScriptedUplink: Uplink {
    indirect enum Answer: Sendable {
        case acknowledge
        case fail(DeliveryError)
        case throwUnknown
        /// Never answers, until cancelled.
        case hang
        /// Answers when the gate is opened.
        case later(Gate, Answer)
    }

    struct Unknown: Error {
        let personal = "a name that must not be shown"
    }

    private struct State {
        var answers: [UUID: [Answer]] = [:]
        var all: Answer?
        var asked: [UUID] = []
        var underWay = 0
        var crowds: [Int] = []
    }

    private let state = Mutex(State())

    /// Every id that was sent, in order.
    var asked: [UUID] { state.withLock { $0.asked } }
    /// For each of them, how many were under way when it was begun, itself included.
    var crowds: [Int] { state.withLock { $0.crowds } }

    /// The next answers for this packet; after them everything is acknowledged.
    func script(_ id: UUID, _ answers: Answer...) {
        state.withLock { $0.answers[id, default: []] += answers }
    }

    /// The answer for everything, until nil.
    func answerAll(_ answer: Answer?) {
        state.withLock { $0.all = answer }
    }

    func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt {
        let answer: Answer = state.withLock { state in
            state.asked.append(packet.id)
            state.underWay += 1
            state.crowds.append(state.underWay)
            if let all = state.all { return all }
            guard var list = state.answers[packet.id], !list.isEmpty else { return .acknowledge }
            let first = list.removeFirst()
            state.answers[packet.id] = list
            return first
        }
        defer { state.withLock { $0.underWay -= 1 } }
        return try await give(answer, to: packet)
    }

    private func give(_ answer: Answer, to packet: QueuedPacket) async throws -> AcknowledgementReceipt {
        switch answer {
        case .later(let gate, let answer):
            await gate.wait()
            return try await give(answer, to: packet)
        case .acknowledge: return AcknowledgementReceipt(bytes: Data("signed \(packet.id)".utf8), term: packet.id, number: packet.sequence)
        case .fail(let error): throw error
        case .throwUnknown: throw Unknown()
        case .hang:
            try await Task.sleep(for: .seconds(3600))
            throw CancellationError()
        }
    }
}

/// The store's contract in memory; the real one has its own tests.
final class MemoryStore: PacketStore {
    struct Item: Equatable {
        var packet: QueuedPacket
        var state = "waiting"
        var next: Date?
        var error: String?
        var acknowledgement: Data?
    }

    struct Broken: Error {}

    private struct State {
        var items: [Item] = []
        var broken = false
        var full = false
        var reads = 0
        var whileLooking: (@Sendable (_ reads: Int) async -> Void)?
    }

    private let state = Mutex(State())

    var items: [Item] { state.withLock { $0.items } }
    /// How often it was asked what is due.
    var reads: Int { state.withLock { $0.reads } }
    func item(_ id: UUID) -> Item? { items.first { $0.packet.id == id } }
    func breakDown() { state.withLock { $0.broken = true } }
    /// While it is full nothing can be written.
    func setFull(_ full: Bool) { state.withLock { $0.full = full } }
    /// Done between a look for what is due and its answer, with the number of the look.
    func whileLooking(_ body: @escaping @Sendable (Int) async -> Void) { state.withLock { $0.whileLooking = body } }

    @discardableResult func add(kind: String = "application", dependsOn: UUID? = nil, isLarge: Bool = false) -> UUID {
        state.withLock { state in
            let id = UUID()
            state.items.append(
                Item(
                    packet: QueuedPacket(
                        id: id, sequence: UInt64(state.items.count + 1), kind: kind, reference: "TEST-0001", dependsOn: dependsOn,
                        file: URL(fileURLWithPath: "/nowhere"), byteCount: 1, digest: "", attempts: 0, isLarge: isLarge)))
            return id
        }
    }

    func due(at date: Date, limit: Int, among lane: DeliveryLane) async throws -> [QueuedPacket] {
        let (found, reads, meanwhile) = try state.withLock { state in
            state.reads += 1
            if state.broken { throw Broken() }
            // Further away than any is ever set: the clock was put back.
            let furthest = date + DeliveryService.longestDelay / .seconds(1)
            let found = Self.eligible(state.items, lane).filter { $0.next ?? .distantPast <= date || $0.next ?? .distantPast > furthest }
                .sorted { ($0.next ?? .distantPast, $0.packet.sequence) < ($1.next ?? .distantPast, $1.packet.sequence) }
                .map(\.packet).prefix(limit)
            return (Array(found), state.reads, state.whileLooking)
        }
        await meanwhile?(reads)
        return found
    }

    func nextDueDate(among lane: DeliveryLane) -> Date? {
        state.withLock { Self.eligible($0.items, lane).map { $0.next ?? .distantPast }.min() }
    }

    func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) throws {
        try change(id) {
            $0.packet.attempts += 1
            $0.next = retryAt
            $0.error = error
        }
    }

    func clearDelays() throws {
        try state.withLock { state in
            if state.full { throw PacketStoreUnavailable("full") }
            for index in state.items.indices { state.items[index].next = nil }
        }
    }

    func markDelivered(id: UUID, receipt: AcknowledgementReceipt, at date: Date) throws {
        try change(id) {
            $0.state = "delivered"
            $0.acknowledgement = receipt.bytes
        }
    }

    func markRejected(id: UUID, error: String, at date: Date) throws {
        try change(id) {
            $0.state = "rejected"
            $0.error = error
        }
    }

    func quarantine(id: UUID, error: String) throws {
        try change(id) {
            $0.state = "quarantined"
            $0.error = error
        }
    }

    private func change(_ id: UUID, _ body: (inout Item) -> Void) throws {
        try state.withLock { state in
            if state.full { throw PacketStoreUnavailable("full") }
            for index in state.items.indices where state.items[index].packet.id == id { body(&state.items[index]) }
        }
    }

    private static func eligible(_ items: [Item], _ lane: DeliveryLane) -> [Item] {
        let delivered = Set(items.filter { $0.state == "delivered" }.map(\.packet.id))
        return items.filter { item in
            item.state == "waiting" && (item.packet.dependsOn.map(delivered.contains) ?? true) && !lane.except.contains(item.packet.id)
                && !(lane.smallOnly && item.packet.isLarge)
        }
    }
}
