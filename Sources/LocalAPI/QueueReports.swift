public import Foundation

/// Counts of the outbox.
public struct QueueReport: Sendable, Codable, Equatable {
    public var waiting: Int
    public var held: Int
    public var delivered: Int
    /// Of those that were delivered: in a backup of the platform's, and erased here. Not counted in `delivered`.
    public var archived: Int
    public var rejected: Int
    public var quarantined: Int
    /// bytes of sealed payload on disk
    public var bytes: Int
    /// What the last look at all that lies there found wrong, in words; nil when that was nothing, or there was none yet.
    public var trouble: String?
    /// What bounds the queue; only a running kioskd tells.
    public var limits: QueueLimitsReport?

    public init(
        waiting: Int, held: Int = 0, delivered: Int, archived: Int = 0, rejected: Int = 0, quarantined: Int = 0, bytes: Int, trouble: String? = nil,
        limits: QueueLimitsReport? = nil
    ) {
        self.limits = limits
        self.trouble = trouble
        self.waiting = waiting
        self.held = held
        self.delivered = delivered
        self.archived = archived
        self.rejected = rejected
        self.quarantined = quarantined
        self.bytes = bytes
    }
}

/// `GET /v1/queue`, `GET /v1/queue/{id}`: `kioskctl queue list|show|hold|retry|quarantine`. No personal value: the payload can't be read here.
public struct QueueItemReport: Sendable, Codable, Equatable {
    public enum State: String, Sendable, Codable, CaseIterable {
        case waiting, held, delivered, archived, rejected, quarantined

        /// All of them: `a, b or c`.
        public static var inWords: String {
            let names = allCases.map(\.rawValue)
            return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        }
    }

    public var id: UUID
    public var sequence: UInt64
    /// `application` or `material`
    public var kind: String
    public var state: State
    public var reference: String
    /// bytes, sealed
    public var byteCount: Int
    /// SHA-256 of the sealed file, lower-case hexadecimal
    public var digest: String
    public var dependsOn: UUID?
    public var createdAt: Date
    public var attempts: Int
    public var nextAttemptAt: Date?
    public var lastError: String?
    public var deliveredAt: Date?

    public init(
        id: UUID, sequence: UInt64, kind: String, state: State, reference: String, byteCount: Int, digest: String, dependsOn: UUID?, createdAt: Date,
        attempts: Int, nextAttemptAt: Date?, lastError: String?, deliveredAt: Date?
    ) {
        self.id = id
        self.sequence = sequence
        self.kind = kind
        self.state = state
        self.reference = reference
        self.byteCount = byteCount
        self.digest = digest
        self.dependsOn = dependsOn
        self.createdAt = createdAt
        self.attempts = attempts
        self.nextAttemptAt = nextAttemptAt
        self.lastError = lastError
        self.deliveredAt = deliveredAt
    }
}

/// `GET /v1/queue/statistics`: `kioskctl queue stats`.
public struct QueueStatistics: Sendable, Codable, Equatable {
    /// How much is in one state.
    public struct Share: Sendable, Codable, Equatable {
        public var state: QueueItemReport.State
        public var items: Int
        /// bytes of sealed payload
        public var bytes: Int

        public init(state: QueueItemReport.State, items: Int, bytes: Int) {
            self.state = state
            self.items = items
            self.bytes = bytes
        }
    }

    /// One for every state, also where nothing is in it.
    public var shares: [Share]
    /// Items that wait and have failed before.
    public var failing: Int
    /// When the one that waits longest was committed.
    public var oldestWaiting: Date?
    /// When the next attempt is due; in the past when one is due already.
    public var nextAttemptAt: Date?
    public var lastDeliveredAt: Date?
    /// What bounds the queue; only a running kioskd tells.
    public var limits: QueueLimitsReport?

    public init(
        shares: [Share], failing: Int, oldestWaiting: Date?, nextAttemptAt: Date?, lastDeliveredAt: Date?, limits: QueueLimitsReport? = nil
    ) {
        self.limits = limits
        self.shares = shares
        self.failing = failing
        self.oldestWaiting = oldestWaiting
        self.nextAttemptAt = nextAttemptAt
        self.lastDeliveredAt = lastDeliveredAt
    }
}

/// `GET`, `POST /v1/queue/verification`: `kioskctl queue verify`. What a look at all that lies in the queue has found, or has found so far.
public struct QueueVerificationReport: Sendable, Codable, Equatable {
    /// How many items there were when it began; 0 while it is only about to begin.
    public var total: Int
    /// Looked at.
    public var items: Int
    /// bytes of sealed payload read and digested
    public var bytes: Int
    /// Files of no item that were taken away: nothing acknowledged lies in them.
    public var orphans: Int
    /// Items set aside by this verification.
    public var quarantined: [UUID]
    /// Delivered or rejected items whose kept file is damaged.
    public var damaged: [UUID]
    /// Items whose file the disk doesn't hand out.
    public var unreadable: [UUID]
    /// What the database's own check says.
    public var databaseFaults: [String]
    /// Nil while it is under way.
    public var endedAt: Date?
    /// What was mended before; nil when nothing was.
    public var repair: QueueRepairReport?

    public init(
        total: Int, items: Int, bytes: Int, orphans: Int, quarantined: [UUID], damaged: [UUID], unreadable: [UUID], databaseFaults: [String],
        endedAt: Date?, repair: QueueRepairReport? = nil
    ) {
        self.repair = repair
        self.total = total
        self.items = items
        self.bytes = bytes
        self.orphans = orphans
        self.quarantined = quarantined
        self.damaged = damaged
        self.unreadable = unreadable
        self.databaseFaults = databaseFaults
        self.endedAt = endedAt
    }
}

/// A database that was made anew: `kioskctl queue verify --repair`.
public struct QueueRepairReport: Sendable, Codable, Equatable {
    /// Where the damaged database lies now; nil when there was none.
    public var damaged: String?
    /// Items whose rows could still be read.
    public var rows: Int
    /// Items made anew of what their sealed files say; they are delivered, once more if the platform has them.
    public var packets: Int
    /// Sealed files that no citizen was told of.
    public var unacknowledged: Int
    /// Files that aren't what a packet is, or were changed.
    public var unknown: Int

    public init(damaged: String?, rows: Int, packets: Int, unacknowledged: Int, unknown: Int) {
        self.damaged = damaged
        self.rows = rows
        self.packets = packets
        self.unacknowledged = unacknowledged
        self.unknown = unknown
    }
}
