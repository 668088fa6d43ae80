import Crypto
import Foundation
import NationalCryptoShim
import Testing

@testable import PlatformAPI

/// The national algorithms against what their standards print, and a packet that was made from docs/sealed-packet.md alone.
@Suite struct NationalCryptoTests {
    private let crypto: NationalCrypto

    init() throws {
        crypto = try NationalCrypto.shared
    }

    private func bytes(_ text: String) throws -> Data {
        try #require(Data(hexadecimal: text.filter { !$0.isWhitespace }))
    }

    /// GB/T 32905-2016, annex A.
    @Test(arguments: [
        ("abc", "66c7f0f4 62eeedd9 d1f2d46b dc10e4e2 4167c487 5cf2f7a2 297da02b 8f4ba8e0"),
        (String(repeating: "abcd", count: 16), "debe9ff9 2275b8a1 38604889 c18e5a4d 6fdb70e5 387e5765 293dcba3 9c0c5732"),
    ])
    func sm3(_ text: String, _ expected: String) throws {
        var whole = try SM3()
        whole.update(Data(text.utf8))
        var pieces = try SM3()
        for byte in text.utf8 {
            // Asking on the way changes nothing, and a copy goes its own way.
            _ = pieces.bytes
            var other = pieces
            other.update(Data([0]))
            pieces.update(Data([byte]))
            pieces.update(Data())
        }
        #expect(try whole.bytes == bytes(expected) && pieces.bytes == bytes(expected))
    }

    /// GM/T 0042-2015, annex D.3.
    @Test(arguments: [
        (
            "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
            Data(String(repeating: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", count: 2).utf8).hexadecimal,
            "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819 1a1b1c1d1e1f202122232425", String(repeating: "cd", count: 50),
            "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae"
        ),
        (
            String(repeating: "0b", count: 32), Data("Hi There".utf8).hexadecimal,
            "c0ba18c68b90c88bc07de794bfc7d2c8d19ec31ed8773bc2b390c9604e0be11e"
        ),
        (
            Data("Jefe".utf8).hexadecimal, Data("what do ya want for nothing?".utf8).hexadecimal,
            "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"
        ),
    ])
    func hmac(_ key: String, _ text: String, _ expected: String) throws {
        let (key, text) = (SymmetricKey(data: try bytes(key)), try bytes(text))
        for cut in [0, 5, text.count] {
            #expect(try crypto.hmac(text.prefix(cut), text.dropFirst(cut), key: key) == [UInt8](bytes(expected)))
        }
    }

    @Test func codesThatDifferAreToldApart() {
        let code = [UInt8](repeating: 7, count: 32)
        #expect(NationalCrypto.isSame(code, code))
        for index in code.indices {
            var other = code
            other[index] ^= 1
            #expect(!NationalCrypto.isSame(code, other))
        }
        #expect(!NationalCrypto.isSame(code, Array(code.dropLast())) && !NationalCrypto.isSame([], []))
    }

    /// RFC 5869, 2.3, over the HMAC that the vectors above hold: extract without a salt, expand to two blocks.
    @Test func hkdf() throws {
        let secret = Data((0..<32).map { UInt8($0) })
        let info = Data("info".utf8)
        let zeros = SymmetricKey(data: Data(count: 32))
        let extracted = SymmetricKey(data: try crypto.hmac(secret, Data(), key: zeros))
        let first = try crypto.hmac(info, Data([1]), key: extracted)
        let second = try crypto.hmac(Data(first) + info, Data([2]), key: extracted)
        let keys = try crypto.keys([16, 32, 8], from: SymmetricKey(data: secret), info: info).map { $0.withUnsafeBytes { [UInt8]($0) } }
        #expect(keys.map(\.count) == [16, 32, 8])
        #expect(Array(keys.joined()) == Array((first + second).prefix(56)))
    }

    /// GB/T 32907-2016, annex A.1: one block, as the key stream of a counter that is that block.
    @Test func sm4() throws {
        let block = try bytes("0123456789abcdeffedcba9876543210")
        let stream = try crypto.crypt(Data(count: 16), key: SymmetricKey(data: block), counter: [UInt8](block))
        #expect(try stream == bytes("681edf34d206965e86b3e94f536e4246"))
    }

    /// draft-ribose-cfrg-sm4-10, A.2.5.
    @Test(arguments: [
        (
            "0123456789abcdeffedcba9876543210",
            """
            ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514
            """
        ),
        (
            "fedcba98765432100123456789abcdef",
            """
            5dcccd25b95ab07417a08512ee160e2f8f661521cbbab44cc87138445bc29e5c0ae0297205d62704173b21239b887f6c8cb5b800917a2488284bde9e16ea2906
            """
        ),
    ])
    func sm4Counter(_ key: String, _ ciphertext: String) throws {
        let plaintext = try bytes(["aa", "bb", "cc", "dd", "ee", "ff", "aa", "bb"].map { String(repeating: $0, count: 8) }.joined())
        let counter = (0..<16).map { UInt8($0) }
        let key = SymmetricKey(data: try bytes(key))
        #expect(try crypto.crypt(plaintext, key: key, counter: counter) == bytes(ciphertext))
        #expect(try crypto.crypt(bytes(ciphertext), key: key, counter: counter) == plaintext)
        // A key or a counter of another size is no key.
        #expect(throws: NationalCryptoError.refused) { try crypto.crypt(plaintext, key: SymmetricKey(size: .bits256), counter: counter) }
        #expect(throws: NationalCryptoError.refused) { try crypto.crypt(plaintext, key: key, counter: []) }
        #expect(try crypto.crypt(Data(), key: key, counter: counter).isEmpty)
    }
}

/// The key that GB/T 32918.5-2017, annexes A and C, signs and decrypts with: d = 3945208f…, put into PKCS #8.
enum PublishedKey {
    static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgOUUgj3shRLE/NuOK
        xtOflYiTk2koYLUaQvuB7033xbihRANCAAQJ+d8xHlQhoVDdfRYeS8XGchefrRgz
        /AdrsI/zVvNQIMzqSQziZ3WlLcbqcYzBqmAK7QX7814ISmYy9gctqa0T
        -----END PRIVATE KEY-----
        """
    static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y
        M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==
        -----END PUBLIC KEY-----
        """
    static let point = """
        0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
        ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13
        """
}

/// SM2 against GB/T 32918.5-2017, and its keys.
@Suite struct SM2Tests {
    private let key: SM2Key

    init() throws {
        key = try SM2Key(pem: PublishedKey.pem)
    }

    @Test func thePublishedKeyIsRead() throws {
        #expect(key.point.hexadecimal == PublishedKey.point)
        #expect(try SM2Key(point: key.point).point == key.point)
    }

    /// Its signature of "message digest".
    @Test func thePublishedSignatureIsGenuine() throws {
        let signature = try #require(
            Data(
                hexadecimal: """
                    f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
                    b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa
                    """))
        let text = Data("message digest".utf8)
        #expect(try key.verify(signature, of: text))
        #expect(try !key.verify(signature, of: text + [0]))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 0x10
            #expect(try !key.verify(changed, of: text), "byte \(index)")
        }
        for none in [Data(), signature.dropLast(), signature + [0], Data(count: 64), Data(repeating: 0xFF, count: 64)] {
            #expect(try !key.verify(none, of: text))
        }
    }

    /// Its ciphertext of "encryption standard": C1, C3, C2.
    @Test func thePublishedCiphertextOpens() throws {
        let sealed = try #require(
            Data(
                hexadecimal: """
                    0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73\
                    e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0\
                    59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766\
                    21886ca989ca9c7d58087307ca93092d651efa
                    """))
        #expect(try key.decrypt(sealed).withUnsafeBytes { Data($0) } == Data("encryption standard".utf8))
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: NationalCryptoError.refused, "byte \(index)") { try key.decrypt(changed) }
        }
        for none in [Data(), sealed.prefix(97), sealed.dropLast(), sealed + [0], Data(count: 400)] {
            #expect(throws: NationalCryptoError.refused) { try key.decrypt(none) }
        }
    }

    @Test func whatIsEncryptedOpensWithItsOwnKeyAlone() throws {
        let secret = SymmetricKey(size: .bits256)
        let sealed = try SM2Key(point: key.point).encrypt(secret)
        #expect(sealed.count == 129 && sealed.first == 4)
        #expect(try key.decrypt(sealed) == secret)
        #expect(throws: NationalCryptoError.refused) { try SM2Key().decrypt(sealed) }
        // A public half opens nothing.
        #expect(throws: NationalCryptoError.refused) { try SM2Key(point: key.point).decrypt(sealed) }
    }

    @Test func whatIsNoKeyIsRefused() throws {
        var off = key.point
        off[64] ^= 1
        var compressed = key.point.prefix(33)
        compressed[0] = 3
        for none in [Data(), off, Data(compressed), Data(count: 65), Data([4]) + Data(count: 64)] {
            #expect(throws: NationalCryptoError.refused) { try SM2Key(point: none) }
        }
        let p256 = P256.Signing.PrivateKey()
        for none in ["", "no key", p256.pemRepresentation, try key.publicPEM, String(repeating: "-", count: 5000)] {
            #expect(throws: NationalCryptoError.refused) { try SM2Key(pem: none) }
        }
        for none in ["", p256.publicKey.pemRepresentation, try key.pem] {
            #expect(throws: NationalCryptoError.refused) { try SM2Key(publicPEM: none) }
        }
    }

    @Test func aPairSurvivesItsPEM() throws {
        let made = try SM2Key()
        let read = try SM2Key(pem: made.pem)
        #expect(read.point == made.point)
        #expect(try SM2Key(publicPEM: made.publicPEM).point == made.point)
        #expect(try SM2Key(publicPEM: made.publicPEM).verify(read.sign(Data("signed".utf8)), of: Data("signed".utf8)))
        // Halves that don't belong together, as in a file that was patched.
        #expect(throws: NationalCryptoError.refused) { try SM2Key(pem: Self.mismatched) }
    }

    /// PEM may give the point compressed, hybrid, or at infinity: other bytes, or none, for one key.
    @Test(arguments: [
        "MDkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DIgACH+dkIrRyop/LN3TLHu1/rLdSVzOMZFFUpSx2Y+uMRA4=",
        "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAGH+dkIrRyop/LN3TLHu1/rLdSVzOMZFFUpSx2Y+uMRA6g3yg1bSLnt20eHbnz7pc/qMqe3n1FMhorT766wCvb/A==",
        "MBkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DAgAA",
    ])
    func aPointInAnotherFormIsRefused(_ base64: String) throws {
        let key = try #require(Data(base64Encoded: base64)).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        let pem = "-----BEGIN PUBLIC KEY-----\n\(key)\n-----END PUBLIC KEY-----\n"
        #expect(throws: NationalCryptoError.refused) { try SM2Key(publicPEM: pem) }
        let handle = pem.withCString { kiosk_sm2_read_public($0, pem.utf8.count) }
        #expect(handle == nil)
    }

    /// The published number beside another key's point.
    private static let mismatched = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgOUUgj3shRLE/NuOK
        xtOflYiTk2koYLUaQvuB7033xbihRANCAAQPWSzvR2qeRkzxSsiBaR+K59YP7hBc
        0OCgBWuPEXpEpS/kpZ02ZyYwy3WYSvQZ1fF1VtI7rJBDdBKzWFBMTFAL
        -----END PRIVATE KEY-----
        """
}

/// A packet of the national profile that Python (cryptography) and the openssl tool made of docs/sealed-packet.md: what opens it here keeps to that.
@Suite struct NationalPacketTests {
    private let key: SealingPrivateKey
    private let signer: KioskKey
    private let packet: Data
    private let header: PacketHeader

    init() throws {
        key = try SealingPrivateKey(rawRepresentation: Data(PublishedKey.pem.utf8))
        signer = try KioskKey(pem: Self.kiosk)
        packet = try #require(Data(hexadecimal: Self.sealed))
        header = PacketHeader(
            id: try #require(UUID(uuidString: "018f0000-0000-7000-8000-000000000007")), kind: .material, kiosk: "kiosk-1", sequence: 7)
    }

    @Test func itOpens() throws {
        #expect(signer.profile == .national)
        let opened = try PacketOpener.open(packet, header: header, privateKeys: [key], kioskKeys: [signer])
        #expect(String(decoding: opened, as: UTF8.self) == "sealed by its description 按文档封装")
    }

    /// A second chunk behind it, of three blocks. In a packet the first would have to be full.
    @Test func itsSecondChunkOpensBehindTheFirst() throws {
        let prefix = try #require(try PacketPrefix(reading: packet))
        let encapsulated = Data(packet.dropFirst(prefix.info.count).prefix(129))
        let secret = try SM2Key(pem: PublishedKey.pem)
        var channel = try NationalChannel(openingWith: secret, info: prefix.info, encapsulatedKey: encapsulated)
        let frame = packet.dropFirst(prefix.size).prefix(8)
        _ = try channel.open(packet.dropFirst(prefix.size + 8).dropLast(64), authenticating: header.canonicalBytes + frame)
        let associated = PacketFormat.associatedData(header: header.canonicalBytes, index: 1, frame: 40 | PacketFormat.lastChunk)
        let second = try #require(Data(hexadecimal: Self.second))
        var other = channel
        #expect(try channel.open(second, authenticating: associated) == Data((0..<40).map { UInt8($0) }))
        // As the second alone, and with what belongs to it alone.
        #expect(throws: NationalCryptoError.refused) { try channel.open(second, authenticating: associated) }
        #expect(throws: NationalCryptoError.refused) { try other.open(second, authenticating: associated + [0]) }
    }

    private static let kiosk = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAED1ks70dqnkZM8UrIgWkfiufWD+4Q
        XNDgoAVrjxF6RKUv5KWdNmcmMMt1mEr0GdXxdVbSO6yQQ3QSs1hQTExQCw==
        -----END PUBLIC KEY-----
        """

    private static let sealed = """
        434b535002027ad64964540082dd6a521988b36c852c000100000065001b43697669634b696f736b207061636b657420686561646572207632018f0000000070\
        0080000000000000070200076b696f736b2d310000000000000007001a43697669634b696f736b207061636b6574206c6162656c20763100074b312d30303031\
        000404a132b8612c0fbe4161042c4e9ea475bfed5d2a66fd6406d57bc259c3ac8dc6a59df99e5a6fda4459f084a42544a77c5617832cb5457f5fc229d16d8ac7\
        91a226b6ceb5d69853ad21f517d5231fb40e94d572c3df0a7b0a1f2fbc37a9cdd179da8048c55fec58793776b6b60bfba22d945c8da70f731097ded8efbbb141\
        ee1d0000000080000029994c27e9096da3261ff50cc0b57d2de52dba52ef0091ca7656b8adb55ea384b30a77265c9768e11488bb3e6eab51b891ea4525e59cac\
        088bcd3dc25e75a089dd76f264ba6dd635fbf47851a6e07c2dda9c6e0afc2b3fe0a266b5c36d656fd4952e7407c82e9f5aa48577c6e5bb6c743a833565178456\
        d3101b677d53e03cb4c6a1bde740ab74666590
        """

    private static let second = """
        1cc197a1c09008bb19da4130fe9060345b01bf874c6258246d79de71c2749c806d508b8a841a9e798f2699d2148aca40e3e3d1a62baac7369ea99de9308112f0\
        2c9818b9549c6ab4
        """
}
