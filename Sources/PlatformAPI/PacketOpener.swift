public import Foundation

/// Opens a sealed packet as its bytes come in. It holds at most one chunk; plaintext is handed out only after its chunk was authenticated, and
/// counts only after `finish()` has found the kiosk's signature.
public struct PacketOpener: Sendable {
    private let header: PacketHeader
    private let headerBytes: Data
    private let privateKeys: [SealingPrivateKey]
    private let kioskKeys: [KioskKey]
    private var stage = Stage.prefix
    private var buffer = Data()
    /// Of everything before the signature, once the prefix has said whose that is.
    private var digest: any PacketDigest = Digest()
    private var index: UInt32 = 0

    private enum Stage: Sendable {
        case prefix
        case chunks(any ChunkOpener, tagSize: Int, KioskKey)
        case signature(KioskKey)
        case done
        /// Something was thrown.
        case broken
    }

    /// - Parameters:
    ///   - header: the header under which the packet must have been sealed
    ///   - privateKeys: the platform's, of which it must have been sealed to one
    ///   - kioskKeys: those of the kiosk that the header names, of which one must have signed it
    public init(header: PacketHeader, privateKeys: [SealingPrivateKey], kioskKeys: [KioskKey]) {
        self.header = header
        self.privateKeys = privateKeys
        self.kioskKeys = kioskKeys
        headerBytes = header.canonicalBytes
    }

    /// Takes the next bytes of the packet, however they are cut, and returns the plaintext that they complete.
    /// - Throws: `PacketError`, or `NationalCryptoError.failed` when OpenSSL couldn't look at it, which is no verdict on the packet. The opener is of no use
    ///   afterwards.
    public mutating func open(_ bytes: Data) throws -> Data {
        buffer.append(bytes)
        if case .prefix = stage { try openPrefix() }
        var plaintext = Data()
        var consumed = 0
        while case .chunks(var recipient, let tagSize, let signer) = stage, let size = try nextFrameSize(at: consumed, tagSize: tagSize) {
            // The recipient counts its messages: it must not be used twice.
            stage = .broken
            let frame = Data(buffer.dropFirst(consumed).prefix(size))
            let (opened, isLast) = try openFrame(frame, with: &recipient)
            plaintext.append(opened)
            digest.update(frame)
            stage = isLast ? .signature(signer) : .chunks(recipient, tagSize: tagSize, signer)
            consumed += size
        }
        if consumed > 0 { buffer = Data(buffer.dropFirst(consumed)) }
        if case .signature(let signer) = stage { try checkSignature(of: signer) }
        if case .done = stage, !buffer.isEmpty {
            stage = .broken
            throw PacketError.trailingBytes
        }
        return plaintext
    }

    /// Call after the packet's last byte.
    /// - Throws: `PacketError.truncated` when the signature has not been seen; `notAPacket` for nothing at all.
    public mutating func finish() throws {
        switch stage {
        case .prefix where buffer.isEmpty: throw PacketError.notAPacket
        case .prefix, .chunks, .signature, .broken: throw PacketError.truncated
        case .done: break
        }
    }

    /// The plaintext of a packet that is in memory.
    public static func open(_ packet: Data, header: PacketHeader, privateKeys: [SealingPrivateKey], kioskKeys: [KioskKey]) throws -> Data {
        var opener = PacketOpener(header: header, privateKeys: privateKeys, kioskKeys: kioskKeys)
        let plaintext = try opener.open(packet)
        try opener.finish()
        return plaintext
    }

    private mutating func openPrefix() throws {
        guard let prefix = try PacketPrefix(reading: buffer) else { return }
        guard let privateKey = privateKeys.first(where: { $0.publicKey.id == prefix.sealingKeyID }) else {
            throw PacketError.wrongKey(sealedTo: prefix.sealingKeyID)
        }
        guard prefix.header == header else { throw PacketError.wrongHeader }
        guard let signer = kioskKeys.first(where: { $0.id == prefix.kioskKeyID }) else { throw PacketError.unknownSigner(prefix.kioskKeyID) }
        let whole = Data(buffer.prefix(prefix.size))
        digest = try signer.packetDigest()
        digest.update(whole)
        do {
            let recipient = try privateKey.recipient(of: prefix, encapsulatedKey: Data(whole.dropFirst(prefix.info.count)))
            stage = .chunks(recipient, tagSize: prefix.profile.tagSize, signer)
        } catch {
            throw Self.verdict(on: error)
        }
        buffer = Data(buffer.dropFirst(prefix.size))
    }

    /// Bytes of the frame that starts at `offset` of the buffer; nil while it is incomplete.
    private func nextFrameSize(at offset: Int, tagSize: Int) throws -> Int? {
        guard buffer.count - offset >= PacketFormat.frameSize else { return nil }
        let found = number(at: offset)
        guard found == index else { throw PacketError.reordered(expected: index, found: found) }
        let frame = number(at: offset + 4)
        let length = Int(frame & ~PacketFormat.lastChunk)
        let isLast = frame & PacketFormat.lastChunk != 0
        // A length beyond the chunk size would make the opener hold whatever a sender likes.
        guard isLast ? length <= PacketFormat.chunkSize : length == PacketFormat.chunkSize else { throw PacketError.tampered }
        let size = PacketFormat.frameSize + length + tagSize
        return buffer.count - offset >= size ? size : nil
    }

    private mutating func openFrame(_ frame: Data, with recipient: inout any ChunkOpener) throws -> (Data, isLast: Bool) {
        let word = frame[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let associated = PacketFormat.associatedData(header: headerBytes, index: index, frame: word)
        let plaintext: Data
        do {
            plaintext = try recipient.open(frame.dropFirst(PacketFormat.frameSize), authenticating: associated)
        } catch {
            throw Self.verdict(on: error)
        }
        index += 1
        return (plaintext, word & PacketFormat.lastChunk != 0)
    }

    private mutating func checkSignature(of signer: KioskKey) throws {
        guard buffer.count >= PacketFormat.signatureSize else { return }
        let signature = Data(buffer.prefix(PacketFormat.signatureSize))
        guard try signer.verify(signature, ofPacket: digest.bytes) else { throw PacketError.badSignature }
        buffer = Data(buffer.dropFirst(PacketFormat.signatureSize))
        stage = .done
    }

    /// Of what didn't open. Want of memory or of an algorithm on this machine is nothing that the packet can help.
    private static func verdict(on error: any Error) -> any Error {
        if case NationalCryptoError.failed = error { error } else { PacketError.tampered }
    }

    private func number(at offset: Int) -> UInt32 {
        let start = buffer.startIndex + offset
        return buffer[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
}
