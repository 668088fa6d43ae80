import Crypto
public import Foundation

/// A kiosk's public key for signatures: ECDSA on P-256 with SHA-256 (FIPS 186-5), which a TPM 2.0 makes as well as a file does; or SM2 with SM3.
public struct KioskKey: Sendable, Codable, Hashable {
    /// Not in the JSON of an international one, which has always been without.
    public var profile: CryptoProfile
    /// First 8 bytes of the key's SHA-256 in lower-case hexadecimal: the id names exactly one key.
    public var id: String
    /// 65 bytes: the point, uncompressed (SEC 1, §2.3.3)
    public var publicKey: Data

    /// - Throws: `KioskKeyError.invalid` unless those bytes are a point of the profile's curve; `unsupported` where OpenSSL can't tell.
    public init(publicKey: Data, profile: CryptoProfile = .international) throws {
        do {
            switch profile {
            case .international: _ = try P256.Signing.PublicKey(x963Representation: publicKey)
            case .national: _ = try SM2Key(point: publicKey)
            }
        } catch {
            throw KioskKeyError(error)
        }
        self.profile = profile
        self.publicKey = publicKey
        id = Data(SHA256.hash(data: publicKey).prefix(8)).hexadecimal
    }

    /// Its profile is that of the curve that the PEM names.
    /// - Parameter pem: what `pem` gives, or `openssl pkey -pubout`
    /// - Throws: `KioskKeyError.invalid`; `unsupported` for one of SM2 where OpenSSL lacks that
    public init(pem: String) throws {
        guard let profile = NamedCurve.profile(of: pem) else { throw KioskKeyError.invalid() }
        let point: Data
        do {
            switch profile {
            case .international: point = try P256.Signing.PublicKey(pemRepresentation: pem).x963Representation
            case .national: point = try SM2Key(publicPEM: pem).point
            }
        } catch {
            throw KioskKeyError(error)
        }
        try self.init(publicKey: point, profile: profile)
    }

    private enum CodingKeys: CodingKey {
        case profile, id, publicKey
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let profile = try container.decodeIfPresent(CryptoProfile.self, forKey: .profile) ?? .international
        let bytes = try container.decode(Data.self, forKey: .publicKey)
        let key: Self?
        // That OpenSSL can't tell goes on to whoever asked.
        do { key = try Self(publicKey: bytes, profile: profile) } catch KioskKeyError.invalid { key = nil }
        guard let key, try container.decode(String.self, forKey: .id) == key.id else {
            throw DecodingError.dataCorruptedError(forKey: .id, in: container, debugDescription: "the kiosk key's id does not belong to its bytes")
        }
        self = key
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(profile == .international ? nil : profile, forKey: .profile)
        try container.encode(id, forKey: .id)
        try container.encode(publicKey, forKey: .publicKey)
    }

    /// SubjectPublicKeyInfo as PEM, as other programs take it, without a line feed at the end.
    public var pem: String {
        let pem =
            switch profile {
            case .international: try? P256.Signing.PublicKey(x963Representation: publicKey).pemRepresentation
            case .national: try? SM2Key(point: publicKey).publicPEM.trimmingCharacters(in: .newlines)
            }
        return pem ?? ""
    }

    /// The digest of a packet that this key signs: SHA-256, or SM3.
    /// - Throws: when OpenSSL lacks SM3
    public func packetDigest() throws -> any PacketDigest {
        switch profile {
        case .international: Digest()
        case .national: try SM3()
        }
    }

    /// Whether a signer with this key signed a packet.
    /// - Parameters:
    ///   - signature: its last 64 bytes
    ///   - digest: `packetDigest` of everything before them, 32 bytes
    /// - Throws: `NationalCryptoError.failed` when OpenSSL couldn't look at it, which says nothing of the signature
    public func verify(_ signature: Data, ofPacket digest: Data) throws -> Bool {
        try verify(signature, of: PacketSignature.message(digest: digest))
    }

    /// Whether a signer with this key signed these bytes.
    /// - Parameter signature: 64 bytes, r and s
    /// - Throws: `NationalCryptoError.failed` when OpenSSL couldn't look at it, which says nothing of the signature
    public func verify(_ signature: Data, of bytes: Data) throws -> Bool {
        switch profile {
        case .international:
            guard let key = try? P256.Signing.PublicKey(x963Representation: publicKey),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .national:
            // The bytes were a key when this was made of them.
            return try SM2Key(point: publicKey).verify(signature, of: bytes)
        }
    }
}

/// Signs with a kiosk's own key, wherever that lies: in a file (`KioskPrivateKey`), or in a chip that never gives it away.
public protocol KioskSigner: Sendable {
    var publicKey: KioskKey { get }

    /// ECDSA with SHA-256, or SM2 with SM3, as the key's profile has it: 64 bytes, r and s. Blocks for as long as the key's store takes, which for a chip may be 0.5 s.
    func sign(_ bytes: Data) throws -> Data
}

extension KioskSigner {
    /// The signature that ends a packet: 64 bytes.
    /// - Parameter digest: the key's `packetDigest` of everything before it, 32 bytes. Whoever writes the packet has it at hand, or `PacketSealer.ownDigest`.
    public func signature(ofPacket digest: Data) throws -> Data {
        try sign(PacketSignature.message(digest: digest))
    }
}

enum PacketSignature {
    /// What is signed: the digest, under a domain of its own.
    static func message(digest: Data) -> Data {
        var bytes = CanonicalBytes(domain: "CivicKiosk packet signature v1")
        bytes.append(fixed: digest)
        return bytes.data
    }
}

/// What is wrong with a kiosk's key; none of them tells the key.
public enum KioskKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nil for bytes that lie in no file.
    case invalid(path: String? = nil)
    case missing(path: String)
    case unreadable(path: String, errno: Int32)
    case readableByOthers(path: String)
    case notWritable(path: String, errno: Int32)
    /// A key of SM2 can't be made or used here.
    case unsupported

    /// Why such bytes are no key.
    init(_ error: any Error, path: String? = nil) {
        self = if case NationalCryptoError.failed = error { .unsupported } else { .invalid(path: path) }
    }

    public var description: String {
        switch self {
        case .invalid(let path): "\(path ?? "this") isn't a key of P-256 or SM2 in PEM: use the one that `kioskctl key make` wrote"
        case .missing(let path): "\(path): there is no key; make it with `kioskctl key make`, and enrol the kiosk with it"
        case .unreadable(let path, let code):
            "\(path): \(String(cString: strerror(code))): the key must belong to the user that kioskd runs as (chown)"
        case .readableByOthers(let path):
            "\(path): others may read this key: chmod 600 it, and if they could have, make another and enrol the kiosk anew"
        case .notWritable(let path, let code): "\(path): \(String(cString: strerror(code)))"
        case .unsupported: "\(NationalCryptoError.failed)"
        }
    }
}
