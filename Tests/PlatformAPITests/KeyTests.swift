import Foundation
import PlatformAPI
import Testing

@Suite struct KeyTests {
    @Test func aKioskKeyIsPrivateAndReadsBack() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = KioskPrivateKey.place(beside: directory.appendingPathComponent("credential.json"))
        #expect(throws: KioskKeyError.missing(path: file.path)) { try KioskPrivateKey(contentsOf: file) }
        let key = try KioskPrivateKey()
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

    @Test func aSignatureIsTheKeys() throws {
        let key = try KioskPrivateKey()
        let bytes = Data("signed".utf8)
        let signature = try key.sign(bytes)
        #expect(signature.count == PacketFormat.signatureSize)
        #expect(key.publicKey.verify(signature, of: bytes))
        #expect(!key.publicKey.verify(signature, of: bytes + Data([0])))
        #expect(!key.publicKey.verify(signature.dropLast(), of: bytes))
        #expect(try !KioskPrivateKey().publicKey.verify(signature, of: bytes))
    }

    @Test func aKioskKeyTravelsAsPEMAndAsJSON() throws {
        let key = try KioskPrivateKey().publicKey
        #expect(try KioskKey(pem: key.pem) == key)
        let json = try PlatformJSON.encode(key)
        #expect(try PlatformJSON.decode(KioskKey.self, from: json) == key)
        let other = try KioskPrivateKey().publicKey
        let changed = String(decoding: json, as: UTF8.self).replacingOccurrences(of: key.id, with: other.id)
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(KioskKey.self, from: Data(changed.utf8)) }
        #expect(throws: KioskKeyError.self) { try KioskKey(pem: "no key") }
        #expect(throws: KioskKeyError.self) { try KioskKey(publicKey: Data(count: 65)) }
    }

    @Test func onlyThePlatformSaysWhatToSealTo() throws {
        let platform = AcknowledgementSigner()
        let statement = try platform.sign(SealingPrivateKey().publicKey, generation: 2)
        #expect(statement.verify(with: platform.publicKey))
        #expect(!statement.verify(with: AcknowledgementSigner().publicKey))
        var later = statement
        later.generation = 3
        #expect(!later.verify(with: platform.publicKey))
        var other = statement
        other.key = SealingPrivateKey().publicKey
        #expect(!other.verify(with: platform.publicKey))
    }
}
