public import Foundation

/// One committed packet, as its row tells. Dates have millisecond precision.
public struct OutboxEntry: Sendable, Codable, Equatable {
    /// Where the packet is in its life. By itself only `waiting` and `delivered` ever change; a technician's word brings `held`, `rejected` and `quarantined` back to it.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Still to be delivered.
        case waiting
        /// A technician said not to deliver it for now.
        case held
        /// The platform's signed acknowledgement is stored; the payload is kept, should the platform lose it.
        case delivered
        /// Delivered, and in a backup of the platform's: the payload is erased.
        case archived
        /// The platform refused it for good. Somebody must look; it is never tried again by itself.
        case rejected
        /// Its payload isn't what was committed, or a technician set it aside. Somebody must look; nothing else is kept from going on.
        case quarantined
    }

    /// Why an entry is in quarantine that nobody found damaged.
    public static let setAsideByTechnician = "outbox.set-aside: a technician said so"

    /// As the draft named it.
    public var id: UUID
    /// Counts up from 1 over the life of the directory; a number is never given twice, gaps are normal.
    public var sequence: UInt64
    /// `application` or `material`
    public var kind: String
    /// What the citizen's receipt shows.
    public var reference: String
    /// The entry that must be delivered first.
    public var dependsOn: UUID?
    /// Where it is in its life.
    public var state: State
    /// bytes, sealed
    public var byteCount: Int
    /// SHA-256 of the sealed bytes, lower-case hexadecimal
    public var digest: String
    /// When it was committed.
    public var createdAt: Date
    /// Deliveries that failed so far.
    public var attempts: Int
    /// Not before; nil when nothing was tried yet.
    public var nextAttemptAt: Date?
    /// Why the last attempt failed: a stable code and a sentence, no personal data.
    public var lastError: String?
    /// When the acknowledgement was stored.
    public var deliveredAt: Date?
    /// The platform's signed acknowledgement.
    public var acknowledgement: Data?
    /// Where the platform has it.
    public var place: LedgerPlace?

    /// A row as the database has it.
    public init(
        id: UUID, sequence: UInt64, kind: String, reference: String, dependsOn: UUID? = nil, state: State = .waiting, byteCount: Int, digest: String,
        createdAt: Date, attempts: Int = 0, nextAttemptAt: Date? = nil, lastError: String? = nil, deliveredAt: Date? = nil,
        acknowledgement: Data? = nil, place: LedgerPlace? = nil
    ) {
        self.id = id
        self.sequence = sequence
        self.kind = kind
        self.reference = reference
        self.dependsOn = dependsOn
        self.state = state
        self.byteCount = byteCount
        self.digest = digest
        self.createdAt = createdAt
        self.attempts = attempts
        self.nextAttemptAt = nextAttemptAt
        self.lastError = lastError
        self.deliveredAt = deliveredAt
        self.acknowledgement = acknowledgement
        self.place = place
    }
}

/// Where a platform has a packet. A term is one life of the platform; one that was restored from a backup doesn't know those that came after it.
public struct LedgerPlace: Sendable, Codable, Hashable {
    public var term: String
    /// Counts up over the terms.
    public var number: UInt64

    public init(term: String, number: UInt64) {
        self.term = term
        self.number = number
    }
}
