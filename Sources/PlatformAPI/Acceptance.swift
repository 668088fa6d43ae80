public import Foundation

/// The platform's word that it has taken everything that a `CustodyReceipt` names. Nothing in it is personal.
public struct Acceptance: Sendable, Codable, Hashable {
    /// The application's packet.
    public var id: UUID
    /// Enrolment name of the kiosk.
    public var kiosk: String
    /// What the receipt shows; 1 to 64 printable characters of ASCII.
    public var reference: String
    /// Which packets these are, as `CustodyReceipt.digest(of:)` has it; lower-case hexadecimal
    public var digest: String
    /// How many materials there are beside the application.
    public var materials: Int
    /// 办件编号; 1 to 64 printable characters of ASCII.
    public var applicationNumber: String
    /// When the last of the packets was taken, by the platform's clock, whole seconds.
    public var acceptedAt: Date

    /// - Parameter acceptedAt: rounded down to whole seconds.
    public init(of receipt: CustodyReceipt, applicationNumber: String, acceptedAt: Date) {
        id = receipt.id
        kiosk = receipt.kiosk
        reference = receipt.reference
        digest = receipt.digest
        materials = receipt.materials
        self.applicationNumber = applicationNumber
        self.acceptedAt = Date(timeIntervalSince1970: acceptedAt.timeIntervalSince1970.rounded(.down))
    }

    private static let domain = "CivicKiosk acceptance v1"

    /// What is signed.
    var canonicalBytes: Data { CanonicalBytes(domain: Self.domain).data + fields }

    /// The same without the domain, which a token's scheme stands for.
    var fields: Data {
        var bytes = CanonicalBytes()
        bytes.append(id)
        bytes.append(kiosk)
        bytes.append(reference)
        bytes.append(fixed: Data(hexadecimal: digest) ?? Data())
        bytes.append(UInt8(clamping: materials))
        bytes.append(applicationNumber)
        bytes.append(acceptedAt)
        return bytes.data
    }

    init?(_ reader: inout CanonicalReader) {
        guard let id = reader.id(), let kiosk = reader.text(), let reference = reader.text(), let digest = reader.take(32),
            let materials = reader.byte(), let number = reader.text(), let acceptedAt = reader.date()
        else { return nil }
        self.init(
            of: CustodyReceipt(
                id: id, kiosk: kiosk, reference: reference, digest: digest.hexadecimal, materials: Int(materials), heldAt: acceptedAt),
            applicationNumber: number, acceptedAt: acceptedAt)
        guard isValid else { return nil }
    }

    var isValid: Bool {
        id.isVersion7 && KioskName.isValid(kiosk) && ReceiptText.isPlain(reference, PacketLabel.referenceSizes) && digest.isSHA256
            && (0...CustodyReceipt.mostMaterials).contains(materials) && ReceiptText.isPlain(applicationNumber, 1...64)
    }
}

/// An acceptance with the signature that makes it worth anything.
public struct SignedAcceptance: Sendable, Hashable {
    public let acceptance: Acceptance
    /// `AcknowledgementKey.id`
    public let keyID: String
    /// 64 bytes: Ed25519
    public let signature: Data

    /// - Parameter token: what `token` gives
    /// - Throws: `ReceiptTokenError`
    public init(token: String) throws {
        var parts = try ReceiptText.read(token, ReceiptText.acceptance)
        guard let acceptance = Acceptance(&parts.fields), parts.fields.rest.isEmpty else { throw ReceiptTokenError.malformed }
        self.init(acceptance: acceptance, keyID: parts.keyID, signature: parts.signature)
    }

    init(acceptance: Acceptance, keyID: String, signature: Data) {
        self.acceptance = acceptance
        self.keyID = keyID
        self.signature = signature
    }

    /// `CKA1:`, then characters of a QR code's alphanumeric mode.
    public var token: String { ReceiptText.write(ReceiptText.acceptance, keyID: keyID, fields: acceptance.fields, signature: signature) }

    /// True only for an unchanged acceptance signed by that key. Whether the key is the platform's is for the caller to know.
    public func verify(with key: AcknowledgementKey) -> Bool {
        key.id == keyID && key.verify(signature, of: acceptance.canonicalBytes)
    }
}

extension AcknowledgementSigner {
    /// - Throws: `ReceiptTokenError.malformed` for what nobody would read.
    public func sign(_ acceptance: Acceptance) throws -> SignedAcceptance {
        guard acceptance.isValid else { throw ReceiptTokenError.malformed }
        return SignedAcceptance(acceptance: acceptance, keyID: publicKey.id, signature: try sign(acceptance.canonicalBytes))
    }
}

extension AcknowledgementKey {
    /// What comes before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo (RFC 8410, §4).
    private static let preamble = Data([0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00])
    private static let firstLine = "-----BEGIN PUBLIC KEY-----"
    private static let lastLine = "-----END PUBLIC KEY-----"

    /// SubjectPublicKeyInfo as PEM, as other programs take it.
    public var pem: String {
        [Self.firstLine, (Self.preamble + publicKey).base64EncodedString(), Self.lastLine].joined(separator: "\n")
    }

    /// Nil unless that is an Ed25519 public key in PEM.
    public init?(pem: String) {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        guard lines.count >= 3, lines.first == Self.firstLine, lines.last == Self.lastLine,
            let bytes = Data(base64Encoded: lines.dropFirst().dropLast().joined()), bytes.count == Self.preamble.count + 32,
            bytes.starts(with: Self.preamble)
        else { return nil }
        self.init(publicKey: Data(bytes.suffix(32)))
    }
}
