public import Foundation

/// One row of `GET /v1/applications`, for operators. It holds nothing personal.
public struct ApplicationSummary: Sendable, Codable, Hashable {
    public enum Status: String, Sendable, Codable {
        /// Some announced materials have not arrived.
        case awaitingMaterials = "awaiting-materials"
        case complete
    }

    public struct Material: Sendable, Codable, Hashable {
        /// The packet's id.
        public var id: UUID
        /// `MaterialRequirement.id` on the item's checklist.
        public var requirement: String
        public var mediaType: String
        public var pageCount: Int
        /// bytes of the plaintext
        public var byteCount: Int
        /// SHA-256 of the plaintext, lower-case hexadecimal
        public var digest: String
        /// Nil while its bytes have not arrived.
        public var receivedAt: Date?

        public init(id: UUID, requirement: String, mediaType: String, pageCount: Int, byteCount: Int, digest: String, receivedAt: Date?) {
            self.id = id
            self.requirement = requirement
            self.mediaType = mediaType
            self.pageCount = pageCount
            self.byteCount = byteCount
            self.digest = digest
            self.receivedAt = receivedAt
        }
    }

    public var id: UUID
    /// 办件编号: item code, yyyyMMdd, four digits
    public var number: String
    /// What the citizen's receipt shows.
    public var reference: String
    public var kiosk: String
    public var itemCode: String
    public var status: Status
    public var submittedAt: Date
    public var receivedAt: Date
    public var materials: [Material]

    public init(
        id: UUID, number: String, reference: String, kiosk: String, itemCode: String, status: Status, submittedAt: Date, receivedAt: Date,
        materials: [Material]
    ) {
        self.id = id
        self.number = number
        self.reference = reference
        self.kiosk = kiosk
        self.itemCode = itemCode
        self.status = status
        self.submittedAt = submittedAt
        self.receivedAt = receivedAt
        self.materials = materials
    }
}

/// `GET /v1/applications/{id}`: the summary and the whole submission, opened for the operator who asked.
public struct ApplicationDetail: Sendable, Codable, Equatable {
    public var summary: ApplicationSummary
    public var submission: ApplicationSubmission

    public init(summary: ApplicationSummary, submission: ApplicationSubmission) {
        self.summary = summary
        self.submission = submission
    }
}
