import Crypto
import Foundation
import PlatformAPI
import Testing

@Suite struct SealedPacketTests {
    private let key = SealingPrivateKey()
    private let header = PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: "kiosk-1", sequence: 7)

    private func bytes(_ count: Int) -> Data {
        Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
    }

    private func sealed(_ plaintext: Data) throws -> Data {
        try PacketSealer.seal(plaintext, header: header, key: key.publicKey)
    }

    private func failure(_ packet: Data, header: PacketHeader? = nil, key: SealingPrivateKey? = nil) -> PacketError? {
        do {
            _ = try PacketOpener.open(packet, header: header ?? self.header, privateKey: key ?? self.key)
            return nil
        } catch {
            return error as? PacketError
        }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
    func opensToWhatWasSealed(_ count: Int) throws {
        let plaintext = bytes(count)
        let packet = try sealed(plaintext)
        #expect(packet.count == PacketFormat.sealedSize(ofPlaintext: count))
        #expect(try PacketOpener.open(packet, header: header, privateKey: key) == plaintext)
    }

    @Test(arguments: [1, 7, 1000, 65_536])
    func opensHoweverTheBytesAreCut(_ step: Int) throws {
        let plaintext = bytes(70_000)
        let packet = try sealed(plaintext)
        var opener = PacketOpener(header: header, privateKey: key)
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
        for count in [1, 3, 4, 50, 86, 87, 90, 95, 1000, 65_536 + 24 + 87 - 1, 65_536 + 24 + 87, packet.count - 1] {
            #expect(failure(packet.prefix(count)) == .truncated, "\(count) bytes")
        }
    }

    @Test func aMissingLastChunkIsATruncationEvenAtAChunksEnd() throws {
        #expect(failure(try sealed(bytes(131_072)).prefix(87 + 65_536 + 24)) == .truncated)
    }

    @Test func swappedChunksAreReordered() throws {
        let packet = try sealed(bytes(3 * 65_536))
        let size = 65_536 + 24
        let chunks = (0..<3).map { packet[(87 + $0 * size)..<(87 + ($0 + 1) * size)] }
        #expect(failure(packet.prefix(87) + chunks[1] + chunks[0] + chunks[2]) == .reordered(expected: 0, found: 1))
        #expect(failure(packet.prefix(87) + chunks[0] + chunks[0] + chunks[2]) == .reordered(expected: 1, found: 0))
        // Renumbering the frame does not help: the index is authenticated.
        var forged = chunks[1]
        forged.replaceSubrange(forged.startIndex..<forged.startIndex + 4, with: [0, 0, 0, 0])
        #expect(failure(packet.prefix(87) + forged + chunks[0] + chunks[2]) == .tampered)
    }

    @Test func eachPartOfTheHeaderIsBound() throws {
        let packet = try sealed(bytes(10))
        var others = [header, header, header, header]
        others[0].id = .v7(at: Date())
        others[1].kind = .application
        others[2].kiosk = "kiosk-2"
        others[3].sequence += 1
        for other in others { #expect(failure(packet, header: other) == .wrongHeader) }
        // With the digest of the other header put in its place, authentication still fails.
        let foreign = try PacketSealer.seal(bytes(10), header: others[3], key: key.publicKey)
        var forged = packet
        forged.replaceSubrange(23..<55, with: foreign[23..<55])
        #expect(failure(forged, header: others[3]) == .tampered)
    }

    @Test func anotherKeyIsNamed() throws {
        #expect(failure(try sealed(bytes(10)), key: SealingPrivateKey()) == .wrongKey(sealedTo: key.publicKey.id))
    }

    @Test func foreignAndNewerBytesAreToldApart() throws {
        #expect(failure(Data("%PDF-1.7 and so on".utf8)) == .notAPacket)
        var newer = try sealed(bytes(10))
        newer[4] = 2
        #expect(failure(newer) == .unsupported)
    }

    @Test func bytesAfterTheEndAreCaught() throws {
        #expect(failure(try sealed(bytes(10)) + Data([0])) == .trailingBytes)
        #expect(failure(try sealed(bytes(10)) + sealed(bytes(10))) == .trailingBytes)
    }

    @Test func anAbsurdLengthDoesNotMakeTheOpenerWait() throws {
        var packet = try sealed(bytes(10))
        packet.replaceSubrange(91..<95, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(failure(packet) == .tampered)
    }

    @Test func theSealerRefusesBadChunks() throws {
        var sealer = try PacketSealer(header: header, key: key.publicKey)
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(10), isLast: false) }
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(65_537), isLast: true) }
        _ = try sealer.seal(bytes(10), isLast: true)
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(10), isLast: true) }
    }

    @Test func aKeyThatIsNoneIsRefused() {
        #expect(throws: PacketError.unsupported) { try PacketSealer(header: header, key: SealingKey(publicKey: Data(count: 5))) }
    }

    @Test func aKeyWhoseIdIsNotItsOwnDoesNotDecode() throws {
        let text = String(decoding: try PlatformJSON.encode(key.publicKey), as: UTF8.self)
        #expect(try PlatformJSON.decode(SealingKey.self, from: Data(text.utf8)) == key.publicKey)
        let changed = text.replacingOccurrences(of: key.publicKey.id, with: SealingPrivateKey().publicKey.id)
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(SealingKey.self, from: Data(changed.utf8)) }
    }
}
