import Crypto
import Foundation

/// The layout of a sealed packet; docs/sealed-packet.md is its description.
public enum PacketFormat {
    /// plaintext bytes in every chunk but the last, which may be shorter or empty
    public static let chunkSize = 64 << 10
    /// bytes of the prefix that a packet starts with
    public static let prefixSize = 87
    /// bytes before each chunk's ciphertext: index, then last-chunk bit and plaintext length
    static let frameSize = 8
    /// bytes of the AES-GCM tag after each chunk's ciphertext
    static let tagSize = 16

    static let magic = Data("CKSP".utf8)
    static let version: UInt8 = 1
    static let lastChunk: UInt32 = 1 << 31

    /// DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, AES-256-GCM 0x0002 (RFC 9180, §7).
    static let suiteIdentifier = Data([0x00, 0x20, 0x00, 0x01, 0x00, 0x02])
    static var suite: HPKE.Ciphersuite { HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256) }

    /// Exact size in bytes of a packet with that many bytes of plaintext. Sealing hides content, not length.
    public static func sealedSize(ofPlaintext count: Int) -> Int {
        let chunks = max(1, (count + chunkSize - 1) / chunkSize)
        return prefixSize + count + chunks * (frameSize + tagSize)
    }

    /// The prefix without the encapsulated key that ends it; it is HPKE's `info`, so that no byte of it can change unnoticed.
    static func prefixHead(header: PacketHeader, key: SealingKey) -> Data {
        var data = magic
        data.append(version)
        data.append(suiteIdentifier)
        data.append(Data(SHA256.hash(data: key.publicKey).prefix(8)))
        withUnsafeBytes(of: UInt32(chunkSize).bigEndian) { data.append(contentsOf: $0) }
        data.append(Data(SHA256.hash(data: header.canonicalBytes)))
        return data
    }

    /// What is authenticated with chunk `index`: the whole header, the chunk's place and whether it is the last.
    static func associatedData(header: Data, index: UInt32, frame: UInt32) -> Data {
        var data = header
        withUnsafeBytes(of: index.bigEndian) { data.append(contentsOf: $0) }
        withUnsafeBytes(of: frame.bigEndian) { data.append(contentsOf: $0) }
        return data
    }
}

/// Why bytes are not a packet, or not the packet that was expected.
public enum PacketError: Error, Sendable, Hashable {
    /// A chunk given to the sealer has the wrong size, or comes after the last one.
    case badChunk
    /// The first bytes are not those of a packet.
    case notAPacket
    /// A version, suite or chunk size that this code does not know.
    case unsupported
    /// Sealed to another key; its id.
    case wrongKey(sealedTo: String)
    /// Sealed under another header (id, kind, kiosk or sequence).
    case wrongHeader
    /// Chunks are not in the order in which they were sealed.
    case reordered(expected: UInt32, found: UInt32)
    /// Bytes were changed: authentication failed.
    case tampered
    /// The packet ends before its last chunk.
    case truncated
    /// Bytes follow the last chunk.
    case trailingBytes
}
