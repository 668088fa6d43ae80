public import Foundation
public import LocalAPI
public import Outbox

// The outbox as a technician is told of it: by kioskd, and by kioskctl when kioskd is stopped.

extension QueueItemReport {
    /// As its row tells.
    public init(_ entry: OutboxEntry) {
        self.init(
            id: entry.id, sequence: entry.sequence, kind: entry.kind, state: State(entry.state), reference: entry.reference,
            byteCount: entry.byteCount, digest: entry.digest, dependsOn: entry.dependsOn, createdAt: entry.createdAt, attempts: entry.attempts,
            nextAttemptAt: entry.nextAttemptAt, lastError: entry.lastError, deliveredAt: entry.deliveredAt)
    }
}

extension QueueItemReport.State {
    fileprivate init(_ state: OutboxEntry.State) {
        switch state {
        case .waiting: self = .waiting
        case .held: self = .held
        case .delivered: self = .delivered
        case .archived: self = .archived
        case .rejected: self = .rejected
        case .quarantined: self = .quarantined
        }
    }
}

extension OutboxEntry.State {
    /// The outbox's word for it.
    public init(_ state: QueueItemReport.State) {
        switch state {
        case .waiting: self = .waiting
        case .held: self = .held
        case .delivered: self = .delivered
        case .archived: self = .archived
        case .rejected: self = .rejected
        case .quarantined: self = .quarantined
        }
    }
}

extension QueueReport {
    /// - Parameter trouble: what the last verification found, in words
    public init(_ counts: OutboxCounts, trouble: String?) {
        self.init(
            waiting: counts[.waiting].entries, held: counts[.held].entries, delivered: counts[.delivered].entries,
            archived: counts[.archived].entries,
            rejected: counts[.rejected].entries, quarantined: counts[.quarantined].entries, bytes: counts.bytes, trouble: trouble)
    }
}

extension QueueStatistics {
    /// Blocks.
    public init(_ outbox: Outbox) throws {
        let (counts, progress) = (try outbox.counts(), try outbox.progress())
        self.init(
            shares: QueueItemReport.State.allCases.map { state in
                let share = counts[OutboxEntry.State(state)]
                return Share(state: state, items: share.entries, bytes: share.bytes)
            },
            failing: progress.failing, oldestWaiting: progress.oldestWaiting, nextAttemptAt: try outbox.nextDueDate(),
            lastDeliveredAt: progress.lastDelivered)
    }
}

extension QueueVerificationReport {
    /// - Parameters:
    ///   - endedAt: nil while it is under way
    ///   - repair: what was mended before
    public init(_ found: OutboxVerification, endedAt: Date?, repair: OutboxRepair? = nil) {
        self.init(
            total: found.total, items: found.entries, bytes: found.bytes, orphans: found.orphans, quarantined: found.quarantined,
            damaged: found.damaged, unreadable: found.unreadable, databaseFaults: found.databaseFaults, endedAt: endedAt,
            repair: repair.map {
                QueueRepairReport(damaged: $0.damaged, rows: $0.rows, packets: $0.packets, unacknowledged: $0.unacknowledged, unknown: $0.unknown)
            })
    }
}

extension LocalProblem {
    /// Of an item whose sealed file can't be handed out.
    public static let noFile = LocalProblem(
        status: 404, code: "queue.no-file",
        detail: "The item's sealed file isn't there: it was erased once a backup had it, or is lost (`kioskctl queue verify`).")

    /// Why the outbox refused what a technician asked for.
    public init(_ error: OutboxError) {
        switch error.code {
        case .wrongState:
            self.init(
                status: 409, code: "queue.wrong-state", detail: "The item isn't in a state that allows it; `kioskctl queue show` tells its state.")
        case .locked: self.init(status: 423, code: error.code.rawValue, detail: "Another process works on this outbox: \(error.message).")
        case .diskFull: self.init(status: 502, code: error.code.rawValue, detail: "Make room on the kiosk's disk: \(error.message).")
        case .full:
            self.init(
                status: 502, code: error.code.rawValue, detail: "`queue.quota` and `queue.reserve` of kiosk.yaml leave no room: \(error.message).")
        case .io, .corrupt, .failed, .invalidDraft, .interrupted: self.init(status: 502, code: error.code.rawValue, detail: error.message)
        }
    }
}
