public import Foundation

/// Every path of the platform. Server, client and the OpenAPI document agree on these.
public enum PlatformRoute {
    public static let health = "/v1/health"
    public static let info = "/v1/info"
    public static let items = "/v1/items"
    public static let uploads = "/v1/uploads"
    public static let ledger = "/v1/ledger"
    public static let acknowledgements = "/v1/acknowledgements"
    public static let applications = "/v1/applications"
    public static let receiptCheck = "/v1/receipts/check"
    public static let openAPI = "/openapi.json"

    public static func upload(_ id: UUID) -> String { uploads + "/" + id.wireText }
    /// The same as a reference from `uploads`: behind a proxy the platform doesn't know under which path of its own it is reached.
    public static func location(ofUpload id: UUID) -> String { "uploads/" + id.wireText }
    public static func acknowledgement(_ id: UUID) -> String { acknowledgements + "/" + id.wireText }
    /// - Parameter nonce: `LedgerStatement.nonceSize` random bytes
    public static func ledger(nonce: Data, terms: [UUID]) -> String {
        ledger + "?nonce=" + nonce.hexadecimal + "&terms=" + terms.map(\.wireText).joined(separator: ",")
    }
    public static func application(_ id: UUID) -> String { applications + "/" + id.wireText }
    public static func material(_ material: UUID, of application: UUID) -> String {
        self.application(application) + "/materials/" + material.wireText
    }
}

/// Names and values of tus 1.0, the resumable upload protocol.
public enum Tus {
    public static let version = "1.0.0"
    public static let extensions = "creation,termination,checksum,expiration"
    public static let contentType = "application/offset+octet-stream"
    public static let resumable = "Tus-Resumable"
    public static let versionHeader = "Tus-Version"
    public static let extensionHeader = "Tus-Extension"
    public static let maxSize = "Tus-Max-Size"
    public static let checksumAlgorithm = "Tus-Checksum-Algorithm"
    public static let uploadLength = "Upload-Length"
    public static let uploadOffset = "Upload-Offset"
    public static let uploadMetadata = "Upload-Metadata"
    public static let uploadChecksum = "Upload-Checksum"
    public static let uploadExpires = "Upload-Expires"
    /// 460 Checksum Mismatch
    public static let checksumMismatch = 460
}

/// What `Upload-Metadata` says of a packet: `id`, `kind`, `sequence`, `digest`, each base64.
public struct UploadMetadata: Sendable, Hashable {
    public var id: UUID
    public var kind: PacketKind
    public var sequence: UInt64
    /// SHA-256 of the sealed bytes, lower-case hexadecimal
    public var sealedDigest: String

    public init(id: UUID, kind: PacketKind, sequence: UInt64, sealedDigest: String) {
        self.id = id
        self.kind = kind
        self.sequence = sequence
        self.sealedDigest = sealedDigest
    }

    /// Nil unless each of the four keys is there once and well formed. Keys that are not known are refused too: they would be ignored silently.
    public init?(headerValue: String) {
        var values = [String: String]()
        for pair in headerValue.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: " ")
            guard parts.count == 2, let data = Data(base64Encoded: String(parts[1])), let value = String(data: data, encoding: .utf8),
                values.updateValue(value, forKey: String(parts[0])) == nil
            else { return nil }
        }
        guard values.count == 4, let id = values["id"].flatMap({ UUID(wireText: $0) }), id.isVersion7,
            let kind = values["kind"].flatMap(PacketKind.init(rawValue:)), let sequence = values["sequence"].flatMap({ UInt64($0) }),
            let digest = values["digest"], digest.isSHA256
        else { return nil }
        self.init(id: id, kind: kind, sequence: sequence, sealedDigest: digest)
    }

    public var headerValue: String {
        [("id", id.wireText), ("kind", kind.rawValue), ("sequence", String(sequence)), ("digest", sealedDigest)]
            .map { $0.0 + " " + Data($0.1.utf8).base64EncodedString() }
            .joined(separator: ",")
    }
}
