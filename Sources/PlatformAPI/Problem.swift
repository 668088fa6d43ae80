/// An error answer (RFC 9457), always as `application/problem+json`. Branch on `code`, never on texts.
public struct Problem: Sendable, Codable, Hashable, Error {
    public static let contentType = "application/problem+json"

    /// Every kind of problem that the platform tells apart; `type` is `urn:civickiosk:problem:<code>`.
    public enum Code: String, Sendable, Codable, CaseIterable {
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case unauthorised
        case badRequest = "bad-request"
        case tooLarge = "too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case tusVersion = "tus-version"
        /// The id is taken by a packet with other properties.
        case uploadConflict = "upload-conflict"
        /// `Upload-Offset` is not where the upload stands: ask with HEAD.
        case offsetConflict = "offset-conflict"
        /// Another request is writing to the upload.
        case uploadBusy = "upload-busy"
        /// No application has announced this material yet: deliver the application first.
        case applicationMissing = "application-missing"
        /// Bytes changed on the way.
        case checksumMismatch = "checksum-mismatch"
        /// The platform lacks the key that the packet was sealed to, or the kiosk's: until an administrator mends that, the packet stays undecided.
        case missingKey = "missing-key"
        /// The packet isn't decided yet.
        case undecided
        /// The packet does not open, or contradicts its header, its manifest or the catalogue: sending it again won't help.
        case packetRejected = "packet-rejected"
        /// What was given isn't a receipt's token.
        case notAReceipt = "not-a-receipt"
        /// No kiosk of the receipt's name was ever enrolled with the key that it names.
        case unknownKiosk = "unknown-kiosk"
        /// That key did not sign the receipt.
        case badSignature = "bad-signature"
        case tooManyRequests = "too-many-requests"
        case timeout
        case unavailable
        case internalError = "internal-error"
    }

    public var type: String
    public var title: String
    /// HTTP status
    public var status: Int
    /// For people; without personal data.
    public var detail: String?
    /// Why a packet was rejected: a `RejectionReason`.
    public var reason: String?

    public init(_ code: Code, status: Int, title: String, detail: String? = nil, reason: String? = nil) {
        type = Self.prefix + code.rawValue
        self.title = title
        self.status = status
        self.detail = detail
        self.reason = reason
    }

    /// Nil for a type that this version does not know.
    public var code: Code? {
        type.hasPrefix(Self.prefix) ? Code(rawValue: String(type.dropFirst(Self.prefix.count))) : nil
    }

    private static let prefix = "urn:civickiosk:problem:"
}

/// Why the platform will never accept a packet.
public enum RejectionReason: String, Sendable, Codable, CaseIterable, Error {
    case notAPacket = "not-a-packet"
    case unsupportedFormat = "unsupported-format"
    case wrongHeader = "wrong-header"
    /// The kiosk's key did not sign these bytes.
    case badSignature = "bad-signature"
    case reordered
    case tampered
    case truncated
    case trailingBytes = "trailing-bytes"
    /// The plaintext is not an application submission.
    case malformedSubmission = "malformed-submission"
    /// The submission names another id or kiosk than its packet.
    case submissionMismatch = "submission-mismatch"
    case unknownItem = "unknown-item"
    /// A material that the item's checklist does not have, or with impossible counts.
    case invalidMaterial = "invalid-material"
    /// The material's bytes are not the announced ones.
    case manifestMismatch = "manifest-mismatch"

    /// Nil for what says nothing of the packet: the platform lacks a key that it may still be given.
    public init?(_ error: PacketError) {
        let reason: Self? =
            switch error {
            case .notAPacket: .notAPacket
            case .unsupported, .badChunk: .unsupportedFormat
            case .wrongKey, .unknownSigner: nil
            case .wrongHeader: .wrongHeader
            case .badSignature: .badSignature
            case .reordered: .reordered
            case .tampered: .tampered
            case .truncated: .truncated
            case .trailingBytes: .trailingBytes
            }
        guard let reason else { return nil }
        self = reason
    }
}
