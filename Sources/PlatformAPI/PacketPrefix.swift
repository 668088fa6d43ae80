import Crypto
public import Foundation

/// The first bytes of a packet, in the clear: whose it is, what it is, and which keys belong to it. Nothing in it is personal.
///
/// A prefix that was read says what somebody wrote; only a packet that opened and whose signature is right makes it true.
public struct PacketPrefix: Sendable, Hashable {
    public let header: PacketHeader
    public let label: PacketLabel
    /// `SealingKey.id` of the platform's key
    public let sealingKeyID: String
    /// `KioskKey.id` of the kiosk's
    public let kioskKeyID: String

    /// By which algorithms it is sealed. Those of the signature are the kiosk's key's.
    public let profile: CryptoProfile

    /// What the packet's keys are bound to: all of it but the encapsulated key, so that no byte of it can change unnoticed.
    let info: Data

    /// bytes, with the encapsulated key that follows `info`
    public var size: Int { info.count + profile.encapsulatedKeySize }

    /// No prefix is longer, in bytes.
    public static let largestSize = 512

    private static let magic = Data("CKSP".utf8)
    private static let version: UInt8 = 2
    /// bytes up to the header, the header's length included
    private static let fixedSize = 28

    /// - Throws: `PacketError.unsupported` for what nobody would read: an id that isn't a UUIDv7, a name that isn't a kiosk's, a reference that is empty or too long.
    public init(header: PacketHeader, label: PacketLabel, sealingKey: SealingKey, kioskKey: KioskKey) throws {
        guard header.id.isVersion7, KioskName.isValid(header.kiosk), PacketLabel.referenceSizes.contains(label.reference.utf8.count) else {
            throw PacketError.unsupported
        }
        self.header = header
        self.label = label
        sealingKeyID = sealingKey.id
        kioskKeyID = kioskKey.id
        profile = sealingKey.profile
        let words = header.canonicalBytes + label.canonicalBytes
        var bytes = Self.magic + [Self.version, profile.code]
        bytes.append(Data(hexadecimal: sealingKeyID) ?? Data())
        bytes.append(Data(hexadecimal: kioskKeyID) ?? Data())
        withUnsafeBytes(of: UInt32(PacketFormat.chunkSize).bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: words.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(words)
        info = bytes
        guard size <= Self.largestSize else { throw PacketError.unsupported }
    }

    /// Reads the prefix that `bytes` begin with; nil while there are too few of them.
    /// - Throws: `PacketError`: `notAPacket`, `unsupported`.
    public init?(reading bytes: Data) throws {
        // Four bytes are enough to tell that something else was sent, however short it is.
        guard Self.magic.starts(with: bytes.prefix(4)) else { throw PacketError.notAPacket }
        guard bytes.count >= Self.fixedSize else { return nil }
        var reader = CanonicalReader(Data(bytes.prefix(Self.fixedSize)))
        _ = reader.take(4)
        guard reader.byte() == Self.version, let profile = reader.byte().flatMap(CryptoProfile.init(code:)), let sealingKey = reader.take(8),
            let kioskKey = reader.take(8), reader.take(4)?.reduce(0, { $0 << 8 | Int($1) }) == PacketFormat.chunkSize,
            let length = reader.take(2)?.reduce(0, { $0 << 8 | Int($1) }),
            Self.fixedSize + length + profile.encapsulatedKeySize <= Self.largestSize
        else { throw PacketError.unsupported }
        guard bytes.count >= Self.fixedSize + length + profile.encapsulatedKeySize else { return nil }
        var words = CanonicalReader(Data(bytes.dropFirst(Self.fixedSize).prefix(length)))
        guard let header = PacketHeader(&words), let label = PacketLabel(&words), words.rest.isEmpty else { throw PacketError.unsupported }
        self.header = header
        self.label = label
        self.profile = profile
        sealingKeyID = sealingKey.hexadecimal
        kioskKeyID = kioskKey.hexadecimal
        info = Data(bytes.prefix(Self.fixedSize + length))
    }
}
