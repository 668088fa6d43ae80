import Crypto
public import Foundation

/// Seals a packet to a platform's key, chunk by chunk, with flat memory. Only the platform can open the result; the kiosk can't read it back.
///
///     var sealer = try PacketSealer(header: header, label: label, key: key, signedBy: signer.publicKey)
///     file.write(sealer.prefix)
///     try sealer.seal(first, isLast: false) { file.write($0) }
///     try sealer.seal(rest, isLast: true) { file.write($0) }
///     file.write(try signer.signature(ofPacket: sealer.ownDigest ?? sha256OfAllThat))
public struct PacketSealer: Sendable {
    /// plaintext bytes of every chunk but the last
    public static let chunkSize = PacketFormat.chunkSize

    /// The packet's first bytes: `PacketPrefix`, then the encapsulated key.
    public let prefix: Data

    /// What the kiosk's key is to sign of everything so far, 32 bytes, where that isn't SHA-256, which whoever writes a packet makes of it anyway; nil then.
    public var ownDigest: Data? { digest?.bytes }

    private var sender: any ChunkSealer
    private var digest: (any PacketDigest)?
    private let header: Data
    private var index: UInt32 = 0
    private var isFinished = false

    /// Seals by the key's profile; the signature is to be made by that of `kioskKey`.
    /// - Throws: `PacketError.unsupported` when the key is no usable one, `NationalCryptoError.failed` when OpenSSL lacks what it needs, and what
    ///   `PacketPrefix` throws.
    public init(header: PacketHeader, label: PacketLabel, key: SealingKey, signedBy kioskKey: KioskKey) throws {
        let info = try PacketPrefix(header: header, label: label, sealingKey: key, kioskKey: kioskKey).info
        do {
            let begun = try key.sender(info: info)
            sender = begun.chunks
            prefix = info + begun.encapsulatedKey
        } catch NationalCryptoError.failed {
            throw NationalCryptoError.failed
        } catch {
            throw PacketError.unsupported
        }
        if kioskKey.profile != .international { digest = try kioskKey.packetDigest() }
        digest?.update(prefix)
        self.header = header.canonicalBytes
    }

    /// The next bytes of the packet.
    /// - Parameters:
    ///   - chunk: exactly `chunkSize` bytes, or up to that many when it is the last; an empty last chunk is fine.
    ///   - sink: takes them in pieces, as to put those together would copy all of them once more
    /// - Throws: `PacketError.badChunk` for another size, or after the last chunk.
    public mutating func seal(_ chunk: Data, isLast: Bool, into sink: (Data) throws -> Void) throws {
        guard !isFinished, isLast ? chunk.count <= Self.chunkSize : chunk.count == Self.chunkSize, index < .max else { throw PacketError.badChunk }
        let frame = UInt32(chunk.count) | (isLast ? PacketFormat.lastChunk : 0)
        let ciphertext = try sender.seal(chunk, authenticating: PacketFormat.associatedData(header: header, index: index, frame: frame))
        var head = Data(capacity: PacketFormat.frameSize)
        withUnsafeBytes(of: index.bigEndian) { head.append(contentsOf: $0) }
        withUnsafeBytes(of: frame.bigEndian) { head.append(contentsOf: $0) }
        digest?.update(head)
        digest?.update(ciphertext)
        index += 1
        isFinished = isLast
        try sink(head)
        try sink(ciphertext)
    }

    /// A whole packet of a plaintext that is in memory anyway.
    public static func seal(
        _ plaintext: Data, header: PacketHeader, label: PacketLabel, key: SealingKey, signer: any KioskSigner
    ) throws -> Data {
        var sealer = try PacketSealer(header: header, label: label, key: key, signedBy: signer.publicKey)
        var packet = sealer.prefix
        var rest = plaintext[...]
        repeat {
            let chunk = rest.prefix(chunkSize)
            rest = rest.dropFirst(chunk.count)
            try sealer.seal(Data(chunk), isLast: rest.isEmpty) { packet.append($0) }
        } while !rest.isEmpty
        packet.append(try signer.signature(ofPacket: sealer.ownDigest ?? Data(SHA256.hash(data: packet))))
        return packet
    }
}
