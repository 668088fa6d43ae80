import Crypto
import Foundation
import PlatformAPI
import Testing

@Suite struct SealedPacketTests {
    private let key = SealingPrivateKey()
    private let signer: KioskPrivateKey
    private let header = PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: "kiosk-1", sequence: 7)
    private let label = PacketLabel(reference: "K1-0001", dependsOn: .v7(at: Date()))
    /// bytes of the prefix, with the encapsulated key
    private let prefixSize: Int

    init() throws {
        signer = try KioskPrivateKey()
        prefixSize = try PacketPrefix(header: header, label: label, sealingKey: key.publicKey, kioskKey: signer.publicKey).size
    }

    private func bytes(_ count: Int) -> Data {
        Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
    }

    private func sealed(_ plaintext: Data) throws -> Data {
        try PacketSealer.seal(plaintext, header: header, label: label, key: key.publicKey, signer: signer)
    }

    private func failure(
        _ packet: Data, header: PacketHeader? = nil, key: SealingPrivateKey? = nil, signers: [KioskKey]? = nil
    ) -> PacketError? {
        do {
            _ = try PacketOpener.open(
                packet, header: header ?? self.header, privateKeys: [key ?? self.key], kioskKeys: signers ?? [signer.publicKey])
            return nil
        } catch {
            return error as? PacketError
        }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
    func opensToWhatWasSealed(_ count: Int) throws {
        let plaintext = bytes(count)
        let packet = try sealed(plaintext)
        #expect(packet.count == prefixSize + count + max(1, (count + 65_535) / 65_536) * 24 + 64)
        #expect(PacketFormat.sealedSizes(ofPlaintext: count).contains(packet.count))
        #expect(try PacketOpener.open(packet, header: header, privateKeys: [key], kioskKeys: [signer.publicKey]) == plaintext)
    }

    @Test(arguments: [1, 7, 1000, 65_536])
    func opensHoweverTheBytesAreCut(_ step: Int) throws {
        let plaintext = bytes(70_000)
        let packet = try sealed(plaintext)
        // As the platform has them behind a rotation of its key, and the kiosk behind a new enrolment: several of each.
        var opener = PacketOpener(
            header: header, privateKeys: [SealingPrivateKey(), key], kioskKeys: [try KioskPrivateKey().publicKey, signer.publicKey])
        var opened = Data()
        for start in stride(from: 0, to: packet.count, by: step) { opened.append(try opener.open(packet[start..<min(start + step, packet.count)])) }
        try opener.finish()
        #expect(opened == plaintext)
    }

    @Test func theSameTextNeverSealsToTheSameBytes() throws {
        #expect(try sealed(bytes(100)) != sealed(bytes(100)))
    }

    @Test func thePacketShowsNothingOfItsContent() throws {
        let text = Data("张三丰 110101199003070000".utf8)
        let packet = try sealed(text + bytes(70_000))
        #expect(packet.range(of: text) == nil && packet.range(of: bytes(64)) == nil)
    }

    @Test func everyChangedBitIsCaught() throws {
        let packet = try sealed(bytes(40))
        for index in packet.indices {
            var changed = packet
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(failure(changed) != nil, "byte \(index)")
        }
    }

    @Test func everyTruncationIsCaught() throws {
        let packet = try sealed(bytes(66_000))
        #expect(failure(Data()) == .notAPacket)
        let chunk = prefixSize + 65_536 + 24
        for count in [1, 3, 4, 27, 28, 50, prefixSize - 1, prefixSize, prefixSize + 7, 1000, chunk - 1, chunk, packet.count - 64, packet.count - 1] {
            #expect(failure(packet.prefix(count)) == .truncated, "\(count) bytes")
        }
    }

    @Test func aMissingLastChunkIsATruncationEvenAtAChunksEnd() throws {
        #expect(failure(try sealed(bytes(131_072)).prefix(prefixSize + 65_536 + 24)) == .truncated)
    }

    @Test func swappedChunksAreReordered() throws {
        let packet = try sealed(bytes(3 * 65_536))
        let size = 65_536 + 24
        let chunks = (0..<3).map { packet[(prefixSize + $0 * size)..<(prefixSize + ($0 + 1) * size)] }
        #expect(failure(packet.prefix(prefixSize) + chunks[1] + chunks[0] + chunks[2]) == .reordered(expected: 0, found: 1))
        #expect(failure(packet.prefix(prefixSize) + chunks[0] + chunks[0] + chunks[2]) == .reordered(expected: 1, found: 0))
        // Renumbering the frame does not help: the index is authenticated.
        var forged = chunks[1]
        forged.replaceSubrange(forged.startIndex..<forged.startIndex + 4, with: [0, 0, 0, 0])
        #expect(failure(packet.prefix(prefixSize) + forged + chunks[0] + chunks[2]) == .tampered)
    }

    @Test func eachPartOfTheHeaderIsBound() throws {
        let packet = try sealed(bytes(10))
        var others = [header, header, header, header]
        others[0].id = .v7(at: Date())
        others[1].kind = .application
        others[2].kiosk = "kiosk-2"
        others[3].sequence += 1
        for other in others { #expect(failure(packet, header: other) == .wrongHeader) }
        // Written over in the packet, which then says so, it opens no more: the sequence number ends 63 bytes behind the fixed part.
        var forged = packet
        forged[28 + 62] += 1
        #expect(try PacketPrefix(reading: forged)?.header == others[3])
        #expect(failure(forged, header: others[3]) == .tampered)
    }

    @Test func theLabelIsBound() throws {
        var forged = try sealed(bytes(10))
        let place = try #require(forged.range(of: Data("K1-0001".utf8)))
        forged.replaceSubrange(place, with: Data("K1-0002".utf8))
        #expect(try PacketPrefix(reading: forged)?.label.reference == "K1-0002")
        #expect(failure(forged) == .tampered)
    }

    @Test func aPacketNamesItself() throws {
        let packet = try sealed(bytes(100))
        let prefix = try #require(try PacketPrefix(reading: packet))
        #expect(prefix.header == header && prefix.label == label)
        #expect(prefix.sealingKeyID == key.publicKey.id && prefix.kioskKeyID == signer.publicKey.id)
        #expect(prefix.size == prefixSize && prefixSize <= PacketPrefix.largestSize)
        for count in 4..<prefixSize { #expect(try PacketPrefix(reading: packet.prefix(count)) == nil) }
        let application = PacketLabel(reference: "A", dependsOn: nil)
        let other = try PacketSealer.seal(Data(), header: header, label: application, key: key.publicKey, signer: signer)
        #expect(try PacketPrefix(reading: other)?.label == application)
    }

    @Test func onlyTheKiosksKeyPasses() throws {
        let packet = try sealed(bytes(100))
        #expect(failure(packet, signers: []) == .unknownSigner(signer.publicKey.id))
        #expect(failure(packet, signers: [try KioskPrivateKey().publicKey]) == .unknownSigner(signer.publicKey.id))
        var unsigned = packet
        unsigned.replaceSubrange(packet.count - 64..<packet.count, with: Data(count: 64))
        #expect(failure(unsigned) == .badSignature)
        let other = try sealed(bytes(100))
        #expect(failure(packet.dropLast(64) + other.suffix(64)) == .badSignature)
    }

    @Test func anotherSignsNothingInItsName() throws {
        // Whoever knows the platform's key can seal; the signature is what makes it the kiosk's.
        let thief = try KioskPrivateKey()
        var sealer = try PacketSealer(header: header, label: label, key: key.publicKey, signedBy: signer.publicKey)
        var packet = sealer.prefix
        packet.append(try sealer.seal(bytes(10), isLast: true))
        packet.append(try thief.signature(ofPacket: Data(SHA256.hash(data: packet))))
        #expect(failure(packet) == .badSignature)
    }

    @Test func anotherKeyIsNamed() throws {
        #expect(failure(try sealed(bytes(10)), key: SealingPrivateKey()) == .wrongKey(sealedTo: key.publicKey.id))
    }

    @Test func foreignAndNewerBytesAreToldApart() throws {
        #expect(failure(Data("%PDF-1.7 and so on".utf8)) == .notAPacket)
        var newer = try sealed(bytes(10))
        newer[4] = 3
        #expect(failure(newer) == .unsupported)
    }

    @Test func bytesAfterTheEndAreCaught() throws {
        #expect(failure(try sealed(bytes(10)) + Data([0])) == .trailingBytes)
        #expect(failure(try sealed(bytes(10)) + sealed(bytes(10))) == .trailingBytes)
        // Whoever overlooked that is told again at the end.
        var opener = PacketOpener(header: header, privateKeys: [key], kioskKeys: [signer.publicKey])
        _ = try opener.open(try sealed(bytes(10)))
        #expect(throws: PacketError.trailingBytes) { try opener.open(Data([0])) }
        #expect(throws: PacketError.truncated) { try opener.finish() }
    }

    /// A byte order mark is a character like any other: what was read is what stands there.
    @Test func aPrefixIsReadToTheByte() throws {
        let label = PacketLabel(reference: "\u{FEFF}K1-0001", dependsOn: nil)
        let packet = try PacketSealer.seal(bytes(10), header: header, label: label, key: key.publicKey, signer: signer)
        let read = try #require(try PacketPrefix(reading: packet)?.label.reference)
        #expect(Array(read.utf8) == Array(label.reference.utf8))
        // Nor does one more make the same domain.
        var marked = packet
        marked.replaceSubrange(26..<30, with: [0, packet[27] + 3, 0, packet[29] + 3, 0xEF, 0xBB, 0xBF])
        #expect(throws: PacketError.unsupported) { try PacketPrefix(reading: marked) }
    }

    @Test func anAbsurdLengthDoesNotMakeTheOpenerWait() throws {
        var packet = try sealed(bytes(10))
        packet.replaceSubrange(prefixSize + 4..<prefixSize + 8, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(failure(packet) == .tampered)
    }

    @Test func theSealerRefusesBadChunks() throws {
        var sealer = try PacketSealer(header: header, label: label, key: key.publicKey, signedBy: signer.publicKey)
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(10), isLast: false) }
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(65_537), isLast: true) }
        _ = try sealer.seal(bytes(10), isLast: true)
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(10), isLast: true) }
    }

    @Test(arguments: ["", String(repeating: "r", count: 65)]) func aReferenceThatNobodyWouldReadIsRefused(_ reference: String) {
        let label = PacketLabel(reference: reference, dependsOn: nil)
        #expect(throws: PacketError.unsupported) {
            try PacketSealer(header: header, label: label, key: key.publicKey, signedBy: signer.publicKey)
        }
    }

    @Test func aHeaderThatNobodyWouldReadIsRefused() {
        let headers = [
            PacketHeader(id: UUID(), kind: .material, kiosk: "kiosk-1", sequence: 7),
            PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: String(repeating: "k", count: KioskName.longest + 1), sequence: 7),
        ]
        for header in headers {
            #expect(throws: PacketError.unsupported) {
                try PacketSealer(header: header, label: label, key: key.publicKey, signedBy: signer.publicKey)
            }
        }
    }

    @Test func aKeyThatIsNoneIsRefused() {
        #expect(throws: PacketError.unsupported) {
            try PacketSealer(header: header, label: label, key: SealingKey(publicKey: Data(count: 5)), signedBy: signer.publicKey)
        }
    }

    @Test func aKeyWhoseIdIsNotItsOwnDoesNotDecode() throws {
        let text = String(decoding: try PlatformJSON.encode(key.publicKey), as: UTF8.self)
        #expect(try PlatformJSON.decode(SealingKey.self, from: Data(text.utf8)) == key.publicKey)
        let changed = text.replacingOccurrences(of: key.publicKey.id, with: SealingPrivateKey().publicKey.id)
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(SealingKey.self, from: Data(changed.utf8)) }
    }
}
