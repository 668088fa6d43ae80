public import Foundation

/// The way to the platform, as the delivery loop needs it. kioskd supplies it.
public protocol Uplink: Sendable {
    /// Sends one sealed packet and returns what the platform signed for it. Called again with the same id after any failure, and after a crash
    /// that lost the answer: the platform takes an id once. Throws `UplinkError`; it sets its own deadlines and honours cancellation.
    func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt
}

/// A committed packet on its way.
public struct QueuedPacket: Sendable, Equatable {
    /// UUIDv7, also the idempotency key.
    public var id: UUID
    public var sequence: UInt64
    /// `application` or `material`
    public var kind: String
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

    public init(
        id: UUID, sequence: UInt64, kind: String, reference: String, dependsOn: UUID?, file: URL, byteCount: Int, digest: String, attempts: Int
    ) {
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
    /// As it came, to be kept.
    public var bytes: Data

    public init(bytes: Data) {
        self.bytes = bytes
    }
}

/// Why a packet didn't get through.
public struct UplinkError: Error, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        /// No connection, or it broke: everything waits.
        case unreachable
        /// The platform, or something before it, asks to come again.
        case retryable
        /// The platform will never take this packet.
        case rejected
        /// Whoever answered isn't the platform: a captive portal, a wrong certificate, a wrong signature. Everything waits.
        case notThePlatform
        /// The platform doesn't take this kiosk's credential: everything waits.
        case unauthorised
    }

    public let kind: Kind
    /// Stable, dotted: `http.503`, `tls.certificate`.
    public let code: String
    /// One sentence for the journal, without personal data.
    public let message: String
    /// `Retry-After` of a `retryable`; nil when none was given.
    public let retryAfter: Duration?

    public init(_ kind: Kind, code: String, message: String, retryAfter: Duration? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { "\(kind.rawValue) (\(code)): \(message)" }
}
