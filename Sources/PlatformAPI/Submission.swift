public import Foundation
public import KioskModel

/// What kiosk and platform agree on: the plaintext of an application packet. It exists in memory and inside a sealed packet, nowhere else.
public struct ApplicationSubmission: Sendable, Codable, Equatable {
    /// UUIDv7, also the packet's id and idempotency key.
    public var id: UUID
    /// What the citizen's receipt shows.
    public var reference: String
    /// Enrolment name of the kiosk.
    public var kiosk: String
    /// 实施编码 of the service item.
    public var itemCode: String
    /// As read from the card; without photo and fingerprints unless the item asks for them.
    public var applicant: IdentityCard
    public var submittedAt: Date
    public var materials: [MaterialManifest]

    public init(
        id: UUID, reference: String, kiosk: String, itemCode: String, applicant: IdentityCard, submittedAt: Date, materials: [MaterialManifest]
    ) {
        self.id = id
        self.reference = reference
        self.kiosk = kiosk
        self.itemCode = itemCode
        self.applicant = applicant
        self.submittedAt = submittedAt
        self.materials = materials
    }
}

/// One material of an application; its bytes come in a packet of their own with the same id.
public struct MaterialManifest: Sendable, Codable, Equatable {
    /// Trust levels of 国办函〔2016〕108号.
    public enum TrustLevel: String, Sendable, Codable {
        /// A issued and sealed by an agency, B verified at a window, C uploaded by the citizen, D self-made under a commitment.
        case issued = "A", verified = "B", uploaded = "C", committed = "D"
    }

    /// UUIDv7, also the packet's id.
    public var id: UUID
    /// `MaterialRequirement.id` on the item's checklist.
    public var requirement: String
    public var mediaType: String
    public var pageCount: Int
    /// bytes of the plaintext
    public var byteCount: Int
    /// SHA-256 of the plaintext, lower-case hexadecimal
    public var digest: String
    public var trustLevel: TrustLevel

    public init(id: UUID, requirement: String, mediaType: String, pageCount: Int, byteCount: Int, digest: String, trustLevel: TrustLevel) {
        self.id = id
        self.requirement = requirement
        self.mediaType = mediaType
        self.pageCount = pageCount
        self.byteCount = byteCount
        self.digest = digest
        self.trustLevel = trustLevel
    }
}
