import Crypto
public import Foundation

/// A platform's public key that kiosks seal to: X25519 for HPKE (RFC 9180), or of SM2.
public struct SealingKey: Sendable, Codable, Hashable {
    /// Not in the JSON of an international one, which has always been without.
    public var profile: CryptoProfile
    /// First 8 bytes of the key's SHA-256 in lower-case hexadecimal: the id names exactly one key.
    public var id: String
    /// 32 bytes; of a national key 65, the point, uncompressed
    public var publicKey: Data

    public init(publicKey: Data, profile: CryptoProfile = .international) {
        self.profile = profile
        self.publicKey = publicKey
        id = Data(SHA256.hash(data: publicKey).prefix(8)).hexadecimal
    }

    private enum CodingKeys: CodingKey {
        case profile, id, publicKey
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let profile = try container.decodeIfPresent(CryptoProfile.self, forKey: .profile) ?? .international
        self.init(publicKey: try container.decode(Data.self, forKey: .publicKey), profile: profile)
        guard publicKey.count == profile.sealingKeySize, try container.decode(String.self, forKey: .id) == id else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: container, debugDescription: "the sealing key's id does not belong to its bytes")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(profile == .international ? nil : profile, forKey: .profile)
        try container.encode(id, forKey: .id)
        try container.encode(publicKey, forKey: .publicKey)
    }

    /// Tries whether packets can be sealed to this key here.
    public func check() throws(UnusableSealingKey) {
        do { _ = try sender(info: Data()) } catch { throw UnusableSealingKey(key: self, reason: error) }
    }

    /// Begins a packet.
    /// - Parameter info: its prefix's bytes, no byte of which can change without the packet ceasing to open
    /// - Throws: when this is no usable key
    func sender(info: Data) throws -> (encapsulatedKey: Data, chunks: any ChunkSealer) {
        switch profile {
        case .international:
            let recipient = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey)
            let sender = try HPKE.Sender(recipientKey: recipient, ciphersuite: PacketFormat.suite, info: info)
            return (sender.encapsulatedKey, sender)
        case .national:
            return try NationalChannel.begin(to: SM2Key(point: publicKey), info: info)
        }
    }
}

/// Nothing can be sealed to a platform's key on this machine.
public struct UnusableSealingKey: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(key: SealingKey, reason: any Error) {
        let why = if case NationalCryptoError.failed = reason { "\(reason)" } else { "its bytes aren't a key of that profile" }
        description = "nothing can be sealed to the platform's key \(key.id) (\(key.profile.rawValue)): \(why)"
    }
}

/// The platform's half of a `SealingKey`. Not Codable: it is written by the key store alone.
public struct SealingPrivateKey: Sendable {
    private enum Secret: Sendable {
        case x25519(Curve25519.KeyAgreement.PrivateKey)
        case sm2(SM2Key)
    }

    private let secret: Secret
    public let publicKey: SealingKey

    /// A fresh international key from the system's random source.
    public init() {
        self.init(Curve25519.KeyAgreement.PrivateKey())
    }

    /// A fresh key.
    /// - Throws: when OpenSSL lacks what a national one needs
    public init(profile: CryptoProfile) throws {
        switch profile {
        case .international: self.init()
        case .national: self.init(try SM2Key())
        }
    }

    /// - Parameter rawRepresentation: what `rawRepresentation` gives
    /// - Throws: when it is neither 32 bytes nor a key of SM2 in PEM
    public init(rawRepresentation: Data) throws {
        if rawRepresentation.count == CryptoProfile.international.sealingKeySize {
            self.init(try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: rawRepresentation))
        } else {
            let pem = String(decoding: rawRepresentation, as: UTF8.self)
            guard NamedCurve.profile(of: pem) == .national else { throw NationalCryptoError.refused }
            self.init(try SM2Key(pem: pem))
        }
    }

    private init(_ key: Curve25519.KeyAgreement.PrivateKey) {
        secret = .x25519(key)
        publicKey = SealingKey(publicKey: key.publicKey.rawRepresentation)
    }

    private init(_ key: SM2Key) {
        secret = .sm2(key)
        publicKey = SealingKey(publicKey: key.point, profile: .national)
    }

    /// A secret: 32 bytes; of a national key PKCS #8 as PEM.
    public var rawRepresentation: Data {
        get throws {
            switch secret {
            case .x25519(let key): key.rawRepresentation
            case .sm2(let key): Data(try key.pem.utf8)
            }
        }
    }

    /// Begins to open a packet.
    /// - Throws: when it wasn't sealed to this key, or its prefix is another
    func recipient(of prefix: PacketPrefix, encapsulatedKey: Data) throws -> any ChunkOpener {
        guard prefix.profile == publicKey.profile else { throw PacketError.tampered }
        switch secret {
        case .x25519(let key):
            return try HPKE.Recipient(privateKey: key, ciphersuite: PacketFormat.suite, info: prefix.info, encapsulatedKey: encapsulatedKey)
        case .sm2(let key):
            return try NationalChannel(openingWith: key, info: prefix.info, encapsulatedKey: encapsulatedKey)
        }
    }
}
