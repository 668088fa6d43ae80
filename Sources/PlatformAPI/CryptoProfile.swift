import Crypto
public import Foundation

/// Which family of algorithms a key is of, and with it what is sealed to that key or signed with it. docs/sealed-packet.md describes both.
public enum CryptoProfile: String, Sendable, Codable, Hashable, CaseIterable {
    /// HPKE of X25519, HKDF-SHA256 and AES-256-GCM (RFC 9180); ECDSA on P-256 with SHA-256 (FIPS 186-5).
    case international
    /// SM2, SM3 and SM4 (GB/T 32918, 32905, 32907), through OpenSSL.
    case national

    /// The byte that stands for it in a packet's prefix.
    var code: UInt8 {
        switch self {
        case .international: 1
        case .national: 2
        }
    }

    init?(code: UInt8) {
        guard let profile = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = profile
    }

    /// bytes of a platform's public key
    var sealingKeySize: Int {
        switch self {
        case .international: 32
        case .national: SM2Key.pointSize
        }
    }

    /// bytes by which a prefix hands a packet's key to the platform
    var encapsulatedKeySize: Int {
        switch self {
        case .international: 32
        case .national: NationalChannel.encapsulatedKeySize
        }
    }

    /// bytes behind each chunk's ciphertext
    var tagSize: Int {
        switch self {
        case .international: 16
        case .national: SM3.size
        }
    }
}

/// Seals the chunks of one packet, in order. It counts them: of two copies only one may go on.
protocol ChunkSealer: Sendable {
    /// - Returns: ciphertext, then tag
    mutating func seal(_ chunk: Data, authenticating associated: Data) throws -> Data
}

/// Opens the chunks of one packet, in the order in which they were sealed.
protocol ChunkOpener: Sendable {
    /// - Parameter sealed: ciphertext, then tag
    /// - Throws: for anything but what was sealed there
    mutating func open(_ sealed: Data, authenticating associated: Data) throws -> Data
}

extension HPKE.Sender: ChunkSealer {}
extension HPKE.Recipient: ChunkOpener {}

/// The digest of a packet that a kiosk's key signs; takes its input in pieces.
public protocol PacketDigest: Sendable {
    mutating func update(_ bytes: Data)

    /// Of everything so far; 32 bytes.
    var bytes: Data { get }
}

extension Digest: PacketDigest {}
