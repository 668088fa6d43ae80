import Crypto
public import Foundation

/// The platform's word that it holds a packet for good. Nothing but this, with a valid signature, lets a kiosk forget a packet.
public struct Acknowledgement: Sendable, Codable, Hashable {
    /// The packet's id.
    public var id: UUID
    public var kiosk: String
    public var sequence: UInt64
    public var kind: PacketKind
    /// SHA-256 of the sealed bytes, lower-case hexadecimal
    public var sealedDigest: String
    /// SHA-256 of the plaintext, lower-case hexadecimal
    public var plaintextDigest: String
    /// 办件编号, 43 characters; nil for a material.
    public var applicationNumber: String?
    /// The term of the platform that took it, see `LedgerStatement`.
    public var term: UUID
    /// Its place in the platform's ledger, which counts every packet that was ever taken, from 1.
    public var number: UInt64
    /// Whole seconds, so that the JSON form carries exactly what was signed.
    public var acceptedAt: Date

    /// - Parameter acceptedAt: rounded down to whole seconds.
    public init(
        id: UUID, kiosk: String, sequence: UInt64, kind: PacketKind, sealedDigest: String, plaintextDigest: String, applicationNumber: String?,
        term: UUID, number: UInt64, acceptedAt: Date
    ) {
        self.id = id
        self.kiosk = kiosk
        self.sequence = sequence
        self.kind = kind
        self.sealedDigest = sealedDigest
        self.plaintextDigest = plaintextDigest
        self.applicationNumber = applicationNumber
        self.term = term
        self.number = number
        self.acceptedAt = Date(timeIntervalSince1970: acceptedAt.timeIntervalSince1970.rounded(.down))
    }

    /// What is signed: independent of JSON's spelling.
    var canonicalBytes: Data {
        var bytes = CanonicalBytes(domain: "CivicKiosk acknowledgement v2")
        bytes.append(id)
        bytes.append(kiosk)
        bytes.append(sequence)
        bytes.append(kind.code)
        bytes.append(sealedDigest)
        bytes.append(plaintextDigest)
        bytes.append(UInt8(applicationNumber == nil ? 0 : 1))
        bytes.append(applicationNumber ?? "")
        bytes.append(term)
        bytes.append(number)
        // A date read from JSON may be anything; a conversion that traps would let a stranger end the process.
        bytes.append(UInt64(exactly: acceptedAt.timeIntervalSince1970.rounded(.down)) ?? 0)
        return bytes.data
    }
}

/// A platform's public key for acknowledgements: Ed25519 (RFC 8032).
public struct AcknowledgementKey: Sendable, Codable, Hashable {
    /// First 8 bytes of the key's SHA-256 in lower-case hexadecimal.
    public var id: String
    /// 32 bytes
    public var publicKey: Data

    public init(publicKey: Data) {
        self.publicKey = publicKey
        id = Data(SHA256.hash(data: publicKey).prefix(8)).hexadecimal
    }

    func verify(_ signature: Data, of bytes: Data) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: bytes)
    }
}

/// The platform's half of an `AcknowledgementKey`. Not Codable: it is written by the key store alone.
public struct AcknowledgementSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A fresh key from the system's random source.
    public init() {
        key = Curve25519.Signing.PrivateKey()
    }

    /// - Throws: when `rawRepresentation` is not 32 bytes.
    public init(rawRepresentation: Data) throws {
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: rawRepresentation)
    }

    /// 32 bytes, secret
    public var rawRepresentation: Data { key.rawRepresentation }

    public var publicKey: AcknowledgementKey { AcknowledgementKey(publicKey: key.publicKey.rawRepresentation) }

    public func sign(_ acknowledgement: Acknowledgement) throws -> SignedAcknowledgement {
        SignedAcknowledgement(
            acknowledgement: acknowledgement, keyID: publicKey.id, signature: try sign(acknowledgement.canonicalBytes))
    }

    func sign(_ bytes: Data) throws -> Data {
        try key.signature(for: bytes)
    }
}

/// An acknowledgement with the signature that makes it worth anything.
public struct SignedAcknowledgement: Sendable, Codable, Hashable {
    public var acknowledgement: Acknowledgement
    public var keyID: String
    /// 64 bytes
    public var signature: Data

    public init(acknowledgement: Acknowledgement, keyID: String, signature: Data) {
        self.acknowledgement = acknowledgement
        self.keyID = keyID
        self.signature = signature
    }

    /// True only for an unchanged acknowledgement signed by that key.
    public func verify(with key: AcknowledgementKey) -> Bool {
        key.verify(signature, of: acknowledgement.canonicalBytes)
    }
}
