import Crypto
public import Foundation

/// A platform's public key that kiosks seal to: X25519 for HPKE (RFC 9180).
public struct SealingKey: Sendable, Codable, Hashable {
    /// First 8 bytes of the key's SHA-256 in lower-case hexadecimal: the id names exactly one key.
    public var id: String
    /// 32 bytes
    public var publicKey: Data

    public init(publicKey: Data) {
        self.publicKey = publicKey
        id = Data(SHA256.hash(data: publicKey).prefix(8)).hexadecimal
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(publicKey: try container.decode(Data.self, forKey: .publicKey))
        guard publicKey.count == 32, try container.decode(String.self, forKey: .id) == id else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: container, debugDescription: "the sealing key's id does not belong to its bytes")
        }
    }
}

/// The platform's half of a `SealingKey`. Not Codable: it is written by the key store alone.
public struct SealingPrivateKey: Sendable {
    let key: Curve25519.KeyAgreement.PrivateKey

    /// A fresh key from the system's random source.
    public init() {
        key = Curve25519.KeyAgreement.PrivateKey()
    }

    /// - Throws: when `rawRepresentation` is not 32 bytes.
    public init(rawRepresentation: Data) throws {
        key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: rawRepresentation)
    }

    /// 32 bytes, secret
    public var rawRepresentation: Data { key.rawRepresentation }

    public var publicKey: SealingKey { SealingKey(publicKey: key.publicKey.rawRepresentation) }
}
