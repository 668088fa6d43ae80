import Crypto
import Foundation

/// The layout of a sealed packet; docs/sealed-packet.md is its description.
public enum PacketFormat {
    /// plaintext bytes in every chunk but the last, which may be shorter or empty
    public static let chunkSize = 64 << 10
    /// bytes of a kiosk's signature, which ends a packet
    public static let signatureSize = 64
    /// bytes before each chunk's ciphertext: index, then last-chunk bit and plaintext length
    static let frameSize = 8
    static let lastChunk: UInt32 = 1 << 31

    /// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180, §7).
    static var suite: HPKE.Ciphersuite { HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256) }

    /// The sizes in bytes that a packet with that many bytes of plaintext can have, by any profile; what lies between is the prefix, and what a profile's
    /// chunks grow by. Sealing hides content, not length.
    public static func sealedSizes(ofPlaintext count: Int) -> ClosedRange<Int> {
        let chunks = max(1, (count + chunkSize - 1) / chunkSize)
        let tags = CryptoProfile.allCases.map(\.tagSize)
        let least = count + chunks * (frameSize + (tags.min() ?? 0)) + signatureSize
        let most = count + chunks * (frameSize + (tags.max() ?? 0)) + signatureSize
        return least...most + PacketPrefix.largestSize
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
    /// A version, profile or chunk size that this code does not know, or a prefix that is none.
    case unsupported
    /// Sealed to another key; its id.
    case wrongKey(sealedTo: String)
    /// Sealed under another header (id, kind, kiosk or sequence).
    case wrongHeader
    /// Signed with a key that isn't one of this kiosk's; its id.
    case unknownSigner(String)
    /// Chunks are not in the order in which they were sealed.
    case reordered(expected: UInt32, found: UInt32)
    /// Bytes were changed: authentication failed.
    case tampered
    /// The kiosk's key did not sign these bytes.
    case badSignature
    /// The packet ends before its last byte.
    case truncated
    /// Bytes follow the signature.
    case trailingBytes
}
