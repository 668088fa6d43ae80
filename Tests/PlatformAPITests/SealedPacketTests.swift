import Foundation
import PlatformAPI
import Testing

/// What a packet promises, by each profile and by both at once.
@Suite struct SealedPacketTests {
    private func bytes(_ count: Int) -> Data { Sealing.bytes(count) }

    @Test(arguments: Parties.all, [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
    func opensToWhatWasSealed(_ parties: Parties, _ count: Int) throws {
        let it = try Sealing(parties)
        let plaintext = bytes(count)
        let packet = try it.sealed(plaintext)
        #expect(packet.count == it.prefixSize + count + max(1, (count + 65_535) / 65_536) * it.chunkOverhead + 64)
        #expect(PacketFormat.sealedSizes(ofPlaintext: count).contains(packet.count))
        #expect(try PacketOpener.open(packet, header: it.header, privateKeys: [it.key], kioskKeys: [it.signer.publicKey]) == plaintext)
    }

    @Test(arguments: Parties.all, [1, 7, 1000, 65_536])
    func opensHoweverTheBytesAreCut(_ parties: Parties, _ step: Int) throws {
        let it = try Sealing(parties)
        let plaintext = bytes(70_000)
        let packet = try it.sealed(plaintext)
        // As the platform has them behind a rotation of its key, and the kiosk behind a new enrolment: several of each, and of each profile.
        let platform = [SealingPrivateKey(), try SealingPrivateKey(profile: .national), it.key]
        let kiosk = [try KioskPrivateKey().publicKey, try KioskPrivateKey(profile: .national).publicKey, it.signer.publicKey]
        var opener = PacketOpener(header: it.header, privateKeys: platform, kioskKeys: kiosk)
        var opened = Data()
        for start in stride(from: 0, to: packet.count, by: step) { opened.append(try opener.open(packet[start..<min(start + step, packet.count)])) }
        try opener.finish()
        #expect(opened == plaintext)
    }

    @Test(arguments: Parties.all) func theSameTextNeverSealsToTheSameBytes(_ parties: Parties) throws {
        let it = try Sealing(parties)
        // Nor do two chunks of one packet.
        let (one, other) = (
            try it.sealed(Data(count: 2 * 65_536)).dropFirst(it.prefixSize), try it.sealed(Data(count: 2 * 65_536)).dropFirst(it.prefixSize)
        )
        let starts = [one, other].flatMap { packet in
            [8, 65_536 + it.chunkOverhead + 8].map { Data(packet.dropFirst($0).prefix(64)) }
        }
        #expect(Set(starts).count == 4)
    }

    @Test(arguments: Parties.all) func thePacketShowsNothingOfItsContent(_ parties: Parties) throws {
        let text = Data("张三丰 110101199003070000".utf8)
        let packet = try Sealing(parties).sealed(text + bytes(70_000))
        #expect(packet.range(of: text) == nil && packet.range(of: bytes(64)) == nil)
    }

    @Test(arguments: Parties.all) func everyChangedBitIsCaught(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let packet = try it.sealed(bytes(40))
        for index in packet.indices {
            var changed = packet
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(it.failure(changed) != nil, "byte \(index)")
        }
    }

    @Test(arguments: Parties.all) func everyTruncationIsCaught(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let (packet, size) = (try it.sealed(bytes(66_000)), it.prefixSize)
        #expect(it.failure(Data()) == .notAPacket)
        let chunk = size + 65_536 + it.chunkOverhead
        for count in [1, 3, 4, 27, 28, 50, size - 1, size, size + 7, 1000, chunk - 1, chunk, packet.count - 64, packet.count - 1] {
            #expect(it.failure(packet.prefix(count)) == .truncated, "\(count) bytes")
        }
    }

    @Test(arguments: Parties.all) func aMissingLastChunkIsATruncationEvenAtAChunksEnd(_ parties: Parties) throws {
        let it = try Sealing(parties)
        #expect(it.failure(try it.sealed(bytes(131_072)).prefix(it.prefixSize + 65_536 + it.chunkOverhead)) == .truncated)
    }

    @Test(arguments: Parties.all) func swappedChunksAreReordered(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let packet = try it.sealed(bytes(3 * 65_536))
        let size = 65_536 + it.chunkOverhead
        let prefix = packet.prefix(it.prefixSize)
        let chunks = (0..<3).map { packet[(it.prefixSize + $0 * size)..<(it.prefixSize + ($0 + 1) * size)] }
        #expect(it.failure(prefix + chunks[1] + chunks[0] + chunks[2]) == .reordered(expected: 0, found: 1))
        #expect(it.failure(prefix + chunks[0] + chunks[0] + chunks[2]) == .reordered(expected: 1, found: 0))
        // Renumbering the frame does not help: the index is authenticated.
        var forged = chunks[1]
        forged.replaceSubrange(forged.startIndex..<forged.startIndex + 4, with: [0, 0, 0, 0])
        #expect(it.failure(prefix + forged + chunks[0] + chunks[2]) == .tampered)
    }

    @Test(arguments: Parties.all) func noChunkEndsThePacketEarly(_ parties: Parties) throws {
        let it = try Sealing(parties)
        var packet = try it.sealed(bytes(131_072))
        packet[it.prefixSize + 4] |= 0x80
        #expect(it.failure(packet) == .tampered)
    }

    @Test(arguments: Parties.all) func eachPartOfTheHeaderIsBound(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let packet = try it.sealed(bytes(10))
        var others = [it.header, it.header, it.header, it.header]
        others[0].id = .v7(at: Date())
        others[1].kind = .application
        others[2].kiosk = "kiosk-2"
        others[3].sequence += 1
        for other in others { #expect(it.failure(packet, header: other) == .wrongHeader) }
        // Written over in the packet, which then says so, it opens no more: the sequence number ends 63 bytes behind the fixed part.
        var forged = packet
        forged[28 + 62] += 1
        #expect(try PacketPrefix(reading: forged)?.header == others[3])
        #expect(it.failure(forged, header: others[3]) == .tampered)
    }

    @Test(arguments: Parties.all) func theLabelIsBound(_ parties: Parties) throws {
        let it = try Sealing(parties)
        var forged = try it.sealed(bytes(10))
        let place = try #require(forged.range(of: Data("K1-0001".utf8)))
        forged.replaceSubrange(place, with: Data("K1-0002".utf8))
        #expect(try PacketPrefix(reading: forged)?.label.reference == "K1-0002")
        #expect(it.failure(forged) == .tampered)
    }

    @Test(arguments: Parties.all) func thePlatformsKeyIsBound(_ parties: Parties) throws {
        // The encapsulated key of one packet opens no other, nor does its own in another's place.
        let it = try Sealing(parties)
        let (one, other) = (try it.sealed(bytes(10)), try it.sealed(bytes(10)))
        let info = it.prefixSize - (parties.sealing == .international ? 32 : 129)
        #expect(it.failure(one.prefix(info) + other.dropFirst(info).prefix(it.prefixSize - info) + one.dropFirst(it.prefixSize)) == .tampered)
    }

    @Test(arguments: Parties.all) func aPacketNamesItself(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let packet = try it.sealed(bytes(100))
        let prefix = try #require(try PacketPrefix(reading: packet))
        #expect(prefix.header == it.header && prefix.label == it.label && prefix.profile == parties.sealing)
        #expect(prefix.sealingKeyID == it.key.publicKey.id && prefix.kioskKeyID == it.signer.publicKey.id)
        #expect(prefix.size == it.prefixSize && it.prefixSize <= PacketPrefix.largestSize)
        for count in 4..<it.prefixSize { #expect(try PacketPrefix(reading: packet.prefix(count)) == nil) }
        let application = PacketLabel(reference: "A", dependsOn: nil)
        #expect(try PacketPrefix(reading: it.sealed(Data(), label: application))?.label == application)
    }

    @Test(arguments: CryptoProfile.allCases) func theLongestPrefixIsReadToo(_ profile: CryptoProfile) throws {
        let header = PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: String(repeating: "k", count: KioskName.longest), sequence: .max)
        let label = PacketLabel(reference: String(repeating: "r", count: 64), dependsOn: .v7(at: Date()))
        let (key, signer) = (try SealingPrivateKey(profile: profile), try KioskPrivateKey(profile: profile))
        let packet = try PacketSealer.seal(bytes(1), header: header, label: label, key: key.publicKey, signer: signer)
        #expect(try #require(try PacketPrefix(reading: packet)).size <= PacketPrefix.largestSize)
        #expect(try PacketOpener.open(packet, header: header, privateKeys: [key], kioskKeys: [signer.publicKey]) == bytes(1))
    }

    @Test(arguments: Parties.all) func onlyTheKiosksKeyPasses(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let packet = try it.sealed(bytes(100))
        let name = it.signer.publicKey.id
        #expect(it.failure(packet, signers: []) == .unknownSigner(name))
        for profile in CryptoProfile.allCases {
            #expect(it.failure(packet, signers: [try KioskPrivateKey(profile: profile).publicKey]) == .unknownSigner(name))
        }
        var unsigned = packet
        unsigned.replaceSubrange(packet.count - 64..<packet.count, with: Data(count: 64))
        #expect(it.failure(unsigned) == .badSignature)
        let other = try it.sealed(bytes(100))
        #expect(it.failure(packet.dropLast(64) + other.suffix(64)) == .badSignature)
    }

    @Test(arguments: Parties.all) func anotherSignsNothingInItsName(_ parties: Parties) throws {
        // Whoever knows the platform's key can seal; the signature is what makes it the kiosk's.
        let it = try Sealing(parties)
        for profile in CryptoProfile.allCases {
            let thief = try KioskPrivateKey(profile: profile)
            var sealer = try it.sealer()
            var packet = sealer.prefix
            try sealer.seal(bytes(10), isLast: true) { packet.append($0) }
            for key in [thief.publicKey, it.signer.publicKey] {
                var digest = try key.packetDigest()
                digest.update(packet)
                #expect(it.failure(packet + (try thief.signature(ofPacket: digest.bytes))) == .badSignature)
            }
        }
    }

    @Test(arguments: Parties.all) func anotherKeyIsNamed(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let packet = try it.sealed(bytes(10))
        for profile in CryptoProfile.allCases {
            #expect(it.failure(packet, key: try SealingPrivateKey(profile: profile)) == .wrongKey(sealedTo: it.key.publicKey.id))
        }
    }

    @Test(arguments: Parties.all) func foreignAndNewerBytesAreToldApart(_ parties: Parties) throws {
        let it = try Sealing(parties)
        #expect(it.failure(Data("%PDF-1.7 and so on".utf8)) == .notAPacket)
        for place in [4, 5] {
            var newer = try it.sealed(bytes(10))
            newer[place] = 3
            #expect(it.failure(newer) == .unsupported)
        }
    }

    @Test(arguments: Parties.all) func aPacketThatNamesTheOtherProfileIsTampered(_ parties: Parties) throws {
        let it = try Sealing(parties)
        var packet = try it.sealed(bytes(1000))
        packet[5] = 3 - packet[5]
        #expect(it.failure(packet) == .tampered)
    }

    @Test(arguments: Parties.all) func bytesAfterTheEndAreCaught(_ parties: Parties) throws {
        let it = try Sealing(parties)
        #expect(it.failure(try it.sealed(bytes(10)) + Data([0])) == .trailingBytes)
        #expect(it.failure(try it.sealed(bytes(10)) + it.sealed(bytes(10))) == .trailingBytes)
        // Whoever overlooked that is told again at the end.
        var opener = it.opener()
        _ = try opener.open(try it.sealed(bytes(10)))
        #expect(throws: PacketError.trailingBytes) { try opener.open(Data([0])) }
        #expect(throws: PacketError.truncated) { try opener.finish() }
    }

    /// A byte order mark is a character like any other: what was read is what stands there.
    @Test(arguments: Parties.all) func aPrefixIsReadToTheByte(_ parties: Parties) throws {
        let label = PacketLabel(reference: "\u{FEFF}K1-0001", dependsOn: nil)
        let packet = try Sealing(parties).sealed(bytes(10), label: label)
        let read = try #require(try PacketPrefix(reading: packet)?.label.reference)
        #expect(Array(read.utf8) == Array(label.reference.utf8))
        // Nor does one more make the same domain.
        var marked = packet
        marked.replaceSubrange(26..<30, with: [0, packet[27] + 3, 0, packet[29] + 3, 0xEF, 0xBB, 0xBF])
        #expect(throws: PacketError.unsupported) { try PacketPrefix(reading: marked) }
    }

    @Test(arguments: Parties.all) func anAbsurdLengthDoesNotMakeTheOpenerWait(_ parties: Parties) throws {
        let it = try Sealing(parties)
        var packet = try it.sealed(bytes(10))
        packet.replaceSubrange(it.prefixSize + 4..<it.prefixSize + 8, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(it.failure(packet) == .tampered)
    }

    @Test(arguments: Parties.all) func theSealerRefusesBadChunks(_ parties: Parties) throws {
        var sealer = try Sealing(parties).sealer()
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(10), isLast: false) { _ in } }
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(65_537), isLast: true) { _ in } }
        try sealer.seal(bytes(10), isLast: true) { _ in }
        #expect(throws: PacketError.badChunk) { try sealer.seal(bytes(10), isLast: true) { _ in } }
    }

    /// Whoever writes a packet has its SHA-256; another digest the sealer makes on the way.
    @Test(arguments: Parties.all) func theSealerHasWhatAnotherKeySigns(_ parties: Parties) throws {
        let it = try Sealing(parties)
        var sealer = try it.sealer()
        var packet = sealer.prefix
        try sealer.seal(bytes(65_536), isLast: false) { packet.append($0) }
        try sealer.seal(bytes(10), isLast: true) { packet.append($0) }
        var digest = try it.signer.publicKey.packetDigest()
        digest.update(packet)
        #expect(sealer.ownDigest == (parties.signing == .international ? nil : digest.bytes))
        #expect(it.failure(packet + (try it.signer.signature(ofPacket: digest.bytes))) == nil)
    }

    @Test(arguments: Parties.all, ["", String(repeating: "r", count: 65)])
    func aReferenceThatNobodyWouldReadIsRefused(_ parties: Parties, _ reference: String) throws {
        let it = try Sealing(parties)
        #expect(throws: PacketError.unsupported) { try it.sealer(label: PacketLabel(reference: reference, dependsOn: nil)) }
    }

    @Test(arguments: Parties.all) func aHeaderThatNobodyWouldReadIsRefused(_ parties: Parties) throws {
        let it = try Sealing(parties)
        let headers = [
            PacketHeader(id: UUID(), kind: .material, kiosk: "kiosk-1", sequence: 7),
            PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: String(repeating: "k", count: KioskName.longest + 1), sequence: 7),
        ]
        for header in headers {
            #expect(throws: PacketError.unsupported) { try it.sealer(header) }
        }
    }

    @Test(arguments: Parties.all, [5, 33, 65]) func aKeyThatIsNoneIsRefused(_ parties: Parties, _ count: Int) throws {
        let it = try Sealing(parties)
        let none = SealingKey(publicKey: Data(count: count), profile: parties.sealing)
        #expect(throws: PacketError.unsupported) {
            try PacketSealer(header: it.header, label: it.label, key: none, signedBy: it.signer.publicKey)
        }
    }
}
