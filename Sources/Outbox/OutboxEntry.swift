public import Foundation

/// One committed packet, as its row tells. Dates have millisecond precision.
public struct OutboxEntry: Sendable, Codable, Equatable {
    /// Where the packet is in its life. By itself only `waiting` ever changes; a technician's word brings `held`, `rejected` and `quarantined` back to it.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Still to be delivered.
        case waiting
        /// A technician said not to deliver it for now.
        case held
        /// The platform's signed acknowledgement is stored.
        case delivered
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

    /// A row as the database has it.
    public init(
        id: UUID, sequence: UInt64, kind: String, reference: String, dependsOn: UUID? = nil, state: State = .waiting, byteCount: Int, digest: String,
        createdAt: Date, attempts: Int = 0, nextAttemptAt: Date? = nil, lastError: String? = nil, deliveredAt: Date? = nil,
        acknowledgement: Data? = nil
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
    }
}
