import Crypto
public import Foundation

/// Opens a sealed packet as its bytes come in. It holds at most one chunk; plaintext is handed out only after its chunk was authenticated.
public struct PacketOpener: Sendable {
    private let privateKey: SealingPrivateKey
    private let header: PacketHeader
    private let headerBytes: Data
    private var recipient: HPKE.Recipient?
    private var buffer = Data()
    private var index: UInt32 = 0
    private var sawLast = false

    /// - Parameter header: the header under which the packet must have been sealed.
    public init(header: PacketHeader, privateKey: SealingPrivateKey) {
        self.privateKey = privateKey
        self.header = header
        headerBytes = header.canonicalBytes
    }

    /// Takes the next bytes of the packet, however they are cut, and returns the plaintext that they complete.
    /// - Throws: `PacketError`; the opener is of no use afterwards.
    public mutating func open(_ bytes: Data) throws -> Data {
        buffer.append(bytes)
        if recipient == nil {
            // Four bytes are enough to tell that something else was sent, however short it is.
            guard PacketFormat.magic.starts(with: buffer.prefix(4)) else { throw PacketError.notAPacket }
            guard buffer.count >= PacketFormat.prefixSize else { return Data() }
            recipient = try start(Data(buffer.prefix(PacketFormat.prefixSize)))
            buffer = Data(buffer.dropFirst(PacketFormat.prefixSize))
        }
        var plaintext = Data()
        var consumed = 0
        while let size = try nextFrameSize(at: consumed) {
            let frame = Data(buffer.dropFirst(consumed).prefix(size))
            plaintext.append(try openFrame(frame))
            consumed += size
        }
        if consumed > 0 { buffer = Data(buffer.dropFirst(consumed)) }
        if sawLast, !buffer.isEmpty { throw PacketError.trailingBytes }
        return plaintext
    }

    /// Call after the packet's last byte.
    /// - Throws: `PacketError.truncated` when the last chunk has not been seen; `notAPacket` for nothing at all.
    public mutating func finish() throws {
        guard recipient != nil || !buffer.isEmpty else { throw PacketError.notAPacket }
        guard sawLast else { throw PacketError.truncated }
    }

    /// The plaintext of a packet that is in memory.
    public static func open(_ packet: Data, header: PacketHeader, privateKey: SealingPrivateKey) throws -> Data {
        var opener = PacketOpener(header: header, privateKey: privateKey)
        let plaintext = try opener.open(packet)
        try opener.finish()
        return plaintext
    }

    private func start(_ prefix: Data) throws -> HPKE.Recipient {
        let expected = PacketFormat.prefixHead(header: header, key: privateKey.publicKey)
        let head = prefix.prefix(expected.count)
        guard head.prefix(11) == expected.prefix(11), head[19..<23] == expected[19..<23] else { throw PacketError.unsupported }
        guard head[11..<19] == expected[11..<19] else { throw PacketError.wrongKey(sealedTo: Data(head[11..<19]).hexadecimal) }
        guard head[23...] == expected[23...] else { throw PacketError.wrongHeader }
        do {
            return try HPKE.Recipient(
                privateKey: privateKey.key, ciphersuite: PacketFormat.suite, info: expected, encapsulatedKey: Data(prefix.dropFirst(expected.count)))
        } catch {
            throw PacketError.tampered
        }
    }

    /// Bytes of the frame that starts at `offset` of the buffer; nil while it is incomplete.
    private func nextFrameSize(at offset: Int) throws -> Int? {
        guard !sawLast, buffer.count - offset >= PacketFormat.frameSize else { return nil }
        let found = number(at: offset)
        guard found == index else { throw PacketError.reordered(expected: index, found: found) }
        let frame = number(at: offset + 4)
        let length = Int(frame & ~PacketFormat.lastChunk)
        let isLast = frame & PacketFormat.lastChunk != 0
        // A length beyond the chunk size would make the opener hold whatever a sender likes.
        guard isLast ? length <= PacketFormat.chunkSize : length == PacketFormat.chunkSize else { throw PacketError.tampered }
        let size = PacketFormat.frameSize + length + PacketFormat.tagSize
        return buffer.count - offset >= size ? size : nil
    }

    private mutating func openFrame(_ frame: Data) throws -> Data {
        let word = frame[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let associated = PacketFormat.associatedData(header: headerBytes, index: index, frame: word)
        guard let plaintext = try? recipient?.open(frame.dropFirst(PacketFormat.frameSize), authenticating: associated) else {
            throw PacketError.tampered
        }
        index += 1
        sawLast = word & PacketFormat.lastChunk != 0
        return plaintext
    }

    private func number(at offset: Int) -> UInt32 {
        let start = buffer.startIndex + offset
        return buffer[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
}
