import Crypto
import Foundation
import PlatformAPI
import Testing

@Suite struct KeyTests {
    @Test(arguments: CryptoProfile.allCases) func aKioskKeyIsPrivateAndReadsBack(_ profile: CryptoProfile) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = KioskPrivateKey.place(beside: directory.appendingPathComponent("credential.json"))
        #expect(throws: KioskKeyError.missing(path: file.path)) { try KioskPrivateKey(contentsOf: file) }
        let key = try KioskPrivateKey(profile: profile)
        #expect(key.publicKey.profile == profile)
        try key.write(to: file)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        #expect(try KioskPrivateKey(contentsOf: file).publicKey == key.publicKey)
        #expect(throws: KioskKeyError.notWritable(path: file.path, errno: EEXIST)) { try key.write(to: file) }
        try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: file.path)
        #expect(throws: KioskKeyError.readableByOthers(path: file.path)) { try KioskPrivateKey(contentsOf: file) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        try Data("-----BEGIN PRIVATE KEY-----".utf8).write(to: file)
        #expect(throws: KioskKeyError.invalid(path: file.path)) { try KioskPrivateKey(contentsOf: file) }
    }

    /// Of secp256k1, whose scalars are as long: whoever took one for P-256 would have another key than the file's.
    @Test func aKeyOfAnotherCurveIsNone() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appendingPathComponent("signing.pem")
        let pair = """
            -----BEGIN PRIVATE KEY-----
            MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg+O/kAABBvMnm6rMPM5oa
            BCVOdESapz6og1mMWvBQ1F6hRANCAATOxWqMlG9fXCFEq0eqoWDh5+sQh9Gyk+xc
            TdX1GW8mgAE48hQjeencTKd4Pmf//+ezns9InpM6r/oTHi8u55Lc
            -----END PRIVATE KEY-----
            """
        try Data(pair.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        #expect(throws: KioskKeyError.invalid(path: file.path)) { try KioskPrivateKey(contentsOf: file) }
        let publicHalf = """
            -----BEGIN PUBLIC KEY-----
            MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEzsVqjJRvX1whRKtHqqFg4efrEIfRspPs
            XE3V9RlvJoABOPIUI3np3EyneD5n///ns57PSJ6TOq/6Ex4vLueS3A==
            -----END PUBLIC KEY-----
            """
        #expect(throws: KioskKeyError.invalid()) { try KioskKey(pem: publicHalf) }
    }

    @Test(arguments: CryptoProfile.allCases) func aSignatureIsTheKeys(_ profile: CryptoProfile) throws {
        let key = try KioskPrivateKey(profile: profile)
        let bytes = Data("signed".utf8)
        let signature = try key.sign(bytes)
        #expect(signature.count == PacketFormat.signatureSize)
        #expect(try key.publicKey.verify(signature, of: bytes))
        #expect(try !key.publicKey.verify(signature, of: bytes + Data([0])))
        #expect(try !key.publicKey.verify(signature.dropLast(), of: bytes))
        for other in CryptoProfile.allCases { #expect(try !KioskPrivateKey(profile: other).publicKey.verify(signature, of: bytes)) }
    }

    @Test(arguments: CryptoProfile.allCases) func aKioskKeyTravelsAsPEMAndAsJSON(_ profile: CryptoProfile) throws {
        let key = try KioskPrivateKey(profile: profile).publicKey
        #expect(try KioskKey(pem: key.pem) == key)
        #expect(try KioskKey(pem: key.pem + "\n") == key && !key.pem.hasSuffix("\n"))
        let json = try PlatformJSON.encode(key)
        #expect(try PlatformJSON.decode(KioskKey.self, from: json) == key)
        let other = try KioskPrivateKey(profile: profile).publicKey
        let changed = String(decoding: json, as: UTF8.self).replacingOccurrences(of: key.id, with: other.id)
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(KioskKey.self, from: Data(changed.utf8)) }
        #expect(throws: KioskKeyError.self) { try KioskKey(pem: "no key") }
        #expect(throws: KioskKeyError.self) { try KioskKey(publicKey: Data(count: 65), profile: profile) }
        // A point of the other curve is none of this one.
        for other in CryptoProfile.allCases where other != profile {
            #expect(throws: KioskKeyError.self) { try KioskKey(publicKey: key.publicKey, profile: other) }
        }
    }

    @Test(arguments: CryptoProfile.allCases) func aSealingKeyIsKeptAndTravels(_ profile: CryptoProfile) throws {
        let secret = try SealingPrivateKey(profile: profile)
        let key = secret.publicKey
        #expect(key.profile == profile)
        #expect(try SealingPrivateKey(rawRepresentation: secret.rawRepresentation).publicKey == key)
        #expect(throws: (any Error).self) { try SealingPrivateKey(rawRepresentation: secret.rawRepresentation.dropLast(20)) }
        let text = String(decoding: try PlatformJSON.encode(key), as: UTF8.self)
        #expect(try PlatformJSON.decode(SealingKey.self, from: Data(text.utf8)) == key)
        let changed = text.replacingOccurrences(of: key.id, with: SealingPrivateKey().publicKey.id)
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(SealingKey.self, from: Data(changed.utf8)) }
        // Of another profile it would be another size.
        for other in CryptoProfile.allCases where other != profile {
            let claimed = SealingKey(publicKey: key.publicKey, profile: other)
            #expect(throws: DecodingError.self) { try PlatformJSON.decode(SealingKey.self, from: PlatformJSON.encode(claimed)) }
        }
    }

    /// What was written before there were profiles is still written, and read, so.
    @Test func theProfileThatAlwaysWasStandsInNoJSON() throws {
        for (profile, names) in [(CryptoProfile.international, false), (.national, true)] {
            let keys = [
                try PlatformJSON.encode(KioskPrivateKey(profile: profile).publicKey),
                try PlatformJSON.encode(SealingPrivateKey(profile: profile).publicKey),
            ]
            for json in keys { #expect(String(decoding: json, as: UTF8.self).contains("profile") == names) }
        }
        let unknown = #"{"id":"0123456789abcdef","profile":"other","publicKey":""}"#
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(SealingKey.self, from: Data(unknown.utf8)) }
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(KioskKey.self, from: Data(unknown.utf8)) }
    }

    @Test(arguments: CryptoProfile.allCases) func onlyThePlatformSaysWhatToSealTo(_ profile: CryptoProfile) throws {
        let platform = AcknowledgementSigner()
        let statement = try platform.sign(SealingPrivateKey(profile: profile).publicKey, generation: 2)
        #expect(statement.verify(with: platform.publicKey))
        #expect(!statement.verify(with: AcknowledgementSigner().publicKey))
        var later = statement
        later.generation = 3
        #expect(!later.verify(with: platform.publicKey))
        for other in CryptoProfile.allCases {
            var forged = statement
            forged.key = try SealingPrivateKey(profile: other).publicKey
            #expect(!forged.verify(with: platform.publicKey))
        }
        for other in CryptoProfile.allCases where other != profile {
            var forged = statement
            forged.key = SealingKey(publicKey: statement.key.publicKey, profile: other)
            #expect(!forged.verify(with: platform.publicKey))
        }
    }

    /// docs/sealed-packet.md, The platform's keys. The first text is the one that kiosks already hold signatures of.
    @Test func aStatementIsSignedAsDescribed() throws {
        let key = Curve25519.Signing.PrivateKey()
        let platform = try AcknowledgementSigner(rawRepresentation: key.rawRepresentation)
        for (profile, text) in [
            (CryptoProfile.international, Data("\0\u{19}CivicKiosk sealing key v1\0\0\0\0\0\0\0\u{7}".utf8)),
            (.national, Data("\0\u{19}CivicKiosk sealing key v2\0\0\0\0\0\0\0\u{7}\u{2}".utf8)),
        ] {
            let statement = try platform.sign(SealingPrivateKey(profile: profile).publicKey, generation: 7)
            #expect(key.publicKey.isValidSignature(statement.signature, for: text + statement.key.publicKey))
        }
    }
}
