public import Foundation

/// The way to the platform, as the delivery loop needs it. kioskd supplies it.
public protocol Uplink: Sendable {
    /// Where deliveries run, and what decides on them: a thread that the store's calls may block. Nil for the cooperative pool.
    var executor: (any TaskExecutor)? { get }

    /// Sends one sealed packet and returns what the platform signed for it. Called again with the same id after any failure, and after a crash
    /// that lost the answer: the platform takes an id once. Throws `DeliveryError`; it sets its own deadlines and honours cancellation.
    func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt
}

extension Uplink {
    public var executor: (any TaskExecutor)? { nil }
}

/// A committed packet on its way.
public struct QueuedPacket: Sendable, Equatable {
    /// UUIDv7, also the idempotency key.
    public var id: UUID
    /// Counts up over the life of the outbox; part of what the packet was sealed under.
    public var sequence: UInt64
    /// `application` or `material`
    public var kind: String
    /// What the citizen's receipt shows.
    public var reference: String
    /// The application that a material belongs to.
    public var dependsOn: UUID?
    /// The sealed bytes.
    public var file: URL
    /// bytes, sealed
    public var byteCount: Int
    /// SHA-256 of the sealed bytes, lower-case hexadecimal
    public var digest: String
    /// Deliveries that failed so far.
    public var attempts: Int
    /// Keeps a slow line busy for a while.
    public var isLarge: Bool

    /// As the outbox holds it.
    public init(
        id: UUID, sequence: UInt64, kind: String, reference: String, dependsOn: UUID?, file: URL, byteCount: Int, digest: String, attempts: Int,
        isLarge: Bool = false
    ) {
        self.isLarge = isLarge
        self.id = id
        self.sequence = sequence
        self.kind = kind
        self.reference = reference
        self.dependsOn = dependsOn
        self.file = file
        self.byteCount = byteCount
        self.digest = digest
        self.attempts = attempts
    }
}

/// The platform's word that it holds a packet, with the signature already verified.
public struct AcknowledgementReceipt: Sendable, Equatable {
    /// To be kept as proof.
    public var bytes: Data
    /// Where the platform has it: one of its terms, and a number of its ledger.
    public var term: UUID
    public var number: UInt64

    /// `bytes` is the verified acknowledgement in its canonical JSON.
    public init(bytes: Data, term: UUID, number: UInt64) {
        self.bytes = bytes
        self.term = term
        self.number = number
    }
}
