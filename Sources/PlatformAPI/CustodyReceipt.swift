public import Foundation

/// A kiosk's word that it holds an application and its materials durably, made only once it does. Nothing in it is personal.
public struct CustodyReceipt: Sendable, Codable, Hashable {
    /// The application's packet.
    public var id: UUID
    /// Enrolment name of the kiosk.
    public var kiosk: String
    /// What the receipt shows; 1 to 64 printable characters of ASCII.
    public var reference: String
    /// Which packets these are, see `digest(of:)`; lower-case hexadecimal
    public var digest: String
    /// How many materials there are beside the application, 0 to `mostMaterials`.
    public var materials: Int
    /// By the kiosk's clock, whole seconds.
    public var heldAt: Date

    /// - Parameter heldAt: rounded down to whole seconds.
    public init(id: UUID, kiosk: String, reference: String, digest: String, materials: Int, heldAt: Date) {
        self.id = id
        self.kiosk = kiosk
        self.reference = reference
        self.digest = digest
        self.materials = materials
        self.heldAt = Date(timeIntervalSince1970: heldAt.timeIntervalSince1970.rounded(.down))
    }

    public static let mostMaterials = 64

    /// What stands for packets in a receipt: SHA-256, lower-case hexadecimal, over their ids and sealed digests, the application first, then its materials as it announces them.
    /// - Parameter packets: each one's id, and the SHA-256 of its sealed bytes in hexadecimal
    public static func digest(of packets: [(id: UUID, sealedDigest: String)]) -> String {
        var bytes = CanonicalBytes(domain: "CivicKiosk custody contents v1")
        for packet in packets {
            bytes.append(packet.id)
            bytes.append(fixed: Data(hexadecimal: packet.sealedDigest) ?? Data())
        }
        return Digest.sha256(bytes.data)
    }

    private static let domain = "CivicKiosk custody receipt v1"

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
        bytes.append(heldAt)
        return bytes.data
    }

    init?(_ reader: inout CanonicalReader) {
        guard let id = reader.id(), let kiosk = reader.text(), let reference = reader.text(), let digest = reader.take(32),
            let materials = reader.byte(), let heldAt = reader.date()
        else { return nil }
        self.init(id: id, kiosk: kiosk, reference: reference, digest: digest.hexadecimal, materials: Int(materials), heldAt: heldAt)
        guard isValid else { return nil }
    }

    var isValid: Bool {
        id.isVersion7 && KioskName.isValid(kiosk) && ReceiptText.isPlain(reference, PacketLabel.referenceSizes) && digest.isSHA256
            && (0...Self.mostMaterials).contains(materials)
    }
}

/// A custody receipt with the signature that makes it worth anything.
public struct SignedCustodyReceipt: Sendable, Hashable {
    public let receipt: CustodyReceipt
    /// `KioskKey.id`
    public let keyID: String
    /// 64 bytes: r and s of ECDSA, see `KioskSigner`
    public let signature: Data

    /// - Parameter token: what `token` gives
    /// - Throws: `ReceiptTokenError`
    public init(token: String) throws {
        var parts = try ReceiptText.read(token, ReceiptText.custody)
        guard let receipt = CustodyReceipt(&parts.fields), parts.fields.rest.isEmpty else { throw ReceiptTokenError.malformed }
        self.init(receipt: receipt, keyID: parts.keyID, signature: parts.signature)
    }

    init(receipt: CustodyReceipt, keyID: String, signature: Data) {
        self.receipt = receipt
        self.keyID = keyID
        self.signature = signature
    }

    /// The text of the QR code: `CKR1:`, then characters of its alphanumeric mode.
    public var token: String { ReceiptText.write(ReceiptText.custody, keyID: keyID, fields: receipt.fields, signature: signature) }

    /// True only for an unchanged receipt signed by that key. Whether the key is the kiosk's is for the caller to know.
    /// - Throws: `NationalCryptoError.failed` when OpenSSL couldn't look at it
    public func verify(with key: KioskKey) throws -> Bool {
        try key.id == keyID && key.verify(signature, of: receipt.canonicalBytes)
    }
}

extension KioskSigner {
    /// Call it only of what is durable. Blocks as `sign(_:)` does.
    /// - Throws: `ReceiptTokenError.malformed` for what nobody would read: a name that isn't a kiosk's, a reference with blanks; and what the signer throws.
    public func sign(_ receipt: CustodyReceipt) throws -> SignedCustodyReceipt {
        guard receipt.isValid else { throw ReceiptTokenError.malformed }
        return SignedCustodyReceipt(receipt: receipt, keyID: publicKey.id, signature: try sign(receipt.canonicalBytes))
    }
}
