import Foundation
import Outbox

/// The outbox as its documentation promises it, in a few lines and without a disk: what the real one is compared with.
struct QueueModel {
    struct Item: Equatable {
        var id: UUID
        var sequence: UInt64
        var dependsOn: UUID?
        /// Applications before materials, and in either the small ones first, until they were tried.
        var rank: Int
        /// What the packet says of that, whatever the row does.
        var sealedDependency: UUID?
        var createdAt: Date
        var state = OutboxEntry.State.waiting
        var attempts = 0
        var next: Date?
        var error: String?
        var acknowledgement: Data?
        var place: LedgerPlace?
        /// bytes as they were committed
        var byteCount: Int
        /// What has become of the payload.
        var damage = Damage.none

        init(id: UUID, sequence: UInt64, dependsOn: UUID?, rank: Int, sealedDependency: UUID?, createdAt: Date, byteCount: Int) {
            (self.id, self.sequence, self.rank, self.createdAt, self.byteCount) = (id, sequence, rank, createdAt, byteCount)
            (self.dependsOn, self.sealedDependency) = (dependsOn, sealedDependency)
        }
    }

    enum Damage { case none, gone, changed }

    private(set) var items: [Item] = []
    /// Changed packets that lie there without a row, until a verification takes them away.
    private(set) var strays: Set<UUID> = []
    /// The platform's term that everything was compared with.
    private(set) var term: String?
    /// No number up to this one may be given again.
    private(set) var lastSequence: UInt64 = 0

    /// bytes that the payloads take, as the rows tell
    var used: Int { items.reduce(0) { $1.state == .archived ? $0 : $0 + $1.byteCount } }

    subscript(id: UUID) -> Item? { items.first { $0.id == id } }

    mutating func commit(_ entries: [OutboxEntry]) {
        items += entries.map { entry in
            Item(
                id: entry.id, sequence: entry.sequence, dependsOn: entry.dependsOn,
                rank: (entry.kind == "application" ? 0 : 2) + (entry.byteCount > Outbox.largeSize ? 1 : 0),
                sealedDependency: entry.dependsOn, createdAt: entry.createdAt, byteCount: entry.byteCount)
        }
    }

    /// Something was sealed under a number, whatever became of it.
    mutating func used(_ sequence: UInt64) { lastSequence = max(lastSequence, sequence) }

    func due(at now: Date, limit: Int) -> [UUID] {
        eligible
            .filter { $0.next.map { $0 <= now || $0 > now + Outbox.longestDelay } ?? true }
            .prefix(limit).map(\.id)
    }

    var nextDueDate: Date? {
        Dictionary(grouping: eligible, by: \.rank).values.compactMap { $0.first.map { $0.next ?? $0.createdAt } }.min()
    }

    /// What waits for nothing but its time, those never tried first.
    private var eligible: [Item] {
        let delivered = Set(items.filter { [.delivered, .archived].contains($0.state) }.map(\.id))
        return items.filter { $0.state == .waiting && ($0.dependsOn.map(delivered.contains) ?? true) }
            .sorted {
                ($0.next == nil ? $0.rank : .max, $0.next ?? .distantPast, $0.sequence) < (
                    $1.next == nil ? $1.rank : .max, $1.next ?? .distantPast, $1.sequence
                )
            }
    }

    mutating func deliver(_ id: UUID, _ acknowledgement: Data, _ place: LedgerPlace) -> Bool {
        let isDone = change(id, from: [.waiting, .held, .rejected, .quarantined]) {
            $0.state = .delivered
            $0.acknowledgement = acknowledgement
            $0.place = place
            $0.next = nil
            $0.error = nil
        }
        // A word of another term: the comparison is to be made again.
        if isDone, term != place.term { term = nil }
        return isDone
    }

    /// The platform is in that term, and has this.
    /// - Returns: how many it has lost, and which it has lost although a backup should have them
    mutating func reconcile(_ term: String, has: Set<LedgerPlace>) -> OutboxReconciliation {
        var found = OutboxReconciliation()
        for index in items.indices {
            guard let place = items[index].place, !has.contains(place) else { continue }
            switch items[index].state {
            case .delivered:
                items[index].state = .waiting
                items[index].attempts = 0
                items[index].place = nil
                items[index].error = "outbox.lost-by-platform"
                found.returned += 1
            case .archived where items[index].error == nil:
                items[index].error = "outbox.lost-behind-backup"
                found.lost.append(items[index].id)
            default: break
            }
        }
        let unrecoverable = Set(items.filter { $0.state == .archived && $0.error != nil }.map(\.id))
        if !found.lost.isEmpty {
            for index in items.indices where items[index].state == .waiting && items[index].dependsOn.map(unrecoverable.contains) == true {
                items[index].state = .quarantined
                items[index].next = nil
                items[index].error = "outbox.lost-behind-backup"
            }
        }
        self.term = term
        return found
    }

    /// Everything up to that number is in a backup.
    mutating func archive(through watermark: UInt64, _ term: String) -> Int {
        guard self.term == term else { return 0 }
        var count = 0
        for index in items.indices where items[index].state == .delivered {
            guard let place = items[index].place, place.number <= watermark else { continue }
            items[index].state = .archived
            count += 1
        }
        return count
    }

    mutating func fail(_ id: UUID, at now: Date, retryAt: Date, _ error: String) -> Bool {
        change(id, from: [.waiting, .held]) {
            $0.attempts += 1
            $0.next = min(retryAt, now + Outbox.longestDelay)
            $0.error = error
        }
    }

    mutating func reject(_ id: UUID, _ error: String) -> Bool {
        change(id, from: [.waiting, .held]) {
            $0.state = .rejected
            $0.attempts += 1
            $0.next = nil
            $0.error = error
        }
    }

    mutating func hold(_ id: UUID) -> Bool {
        change(id, from: [.waiting]) {
            $0.state = .held
            $0.next = nil
        }
    }

    mutating func retry(_ id: UUID) -> Bool {
        change(id, from: [.waiting, .held, .rejected, .quarantined]) {
            $0.state = .waiting
            $0.next = nil
        }
    }

    mutating func clearDelays() {
        for index in items.indices where items[index].state == .waiting { items[index].next = nil }
    }

    mutating func damage(_ id: UUID, _ damage: Damage) { _ = change(id, from: OutboxEntry.State.allCases) { $0.damage = damage } }

    /// A sound database was made anew of its own rows: only what it was compared with isn't known any more.
    mutating func remakeOfRows() { term = nil }

    /// The database was lost, and made anew of the packets. What has none is gone; what depends on one that was changed must be looked at.
    /// - Parameter createdAt: what the new rows say, as no packet knows it
    mutating func remakeOfPackets(createdAt: [UUID: Date]) {
        strays.formUnion(items.filter { $0.damage == .changed && $0.state != .archived }.map(\.id))
        let packets = items.filter { $0.damage == .none && $0.state != .archived }
        let known = Set(packets.map(\.id))
        items = packets.map { item in
            let needed = item.sealedDependency
            var made = Item(
                id: item.id, sequence: item.sequence, dependsOn: needed.flatMap { known.contains($0) ? $0 : nil }, rank: item.rank,
                sealedDependency: needed,
                createdAt: createdAt[item.id] ?? item.createdAt, byteCount: item.byteCount)
            if needed.map(strays.contains) == true {
                made.state = .quarantined
                made.error = "outbox.dependency-lost"
            }
            return made
        }
        term = nil
        // Of what was given before and is gone nobody knows.
        lastSequence = items.map(\.sequence).max() ?? 0
    }

    /// - Returns: what a verification must put into quarantine, and what it must only name
    mutating func verify() -> (quarantined: Set<UUID>, damaged: Set<UUID>) {
        strays = []
        let broken = items.filter { $0.damage != .none && $0.state != .quarantined && $0.state != .archived }
        let quarantined = Set(broken.filter { [.waiting, .held].contains($0.state) }.map(\.id))
        for id in quarantined { _ = quarantine(id, "outbox.payload-damaged") }
        return (quarantined, Set(broken.map(\.id)).subtracting(quarantined))
    }

    mutating func quarantine(_ id: UUID, _ error: String) -> Bool {
        change(id, from: [.waiting, .held]) {
            $0.state = .quarantined
            $0.next = nil
            $0.error = error
        }
    }

    private mutating func change(_ id: UUID, from states: [OutboxEntry.State], _ body: (inout Item) -> Void) -> Bool {
        guard let index = items.firstIndex(where: { $0.id == id }), states.contains(items[index].state) else { return false }
        body(&items[index])
        return true
    }
}
