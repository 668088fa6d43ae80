import Foundation
import Testing

@testable import PlatformAPI

/// A libcrypto that has no SM2, SM3 and SM4, or no longer; in processes of their own, since it is one for the whole process.
@Suite struct MissingAlgorithmTests {
    /// What `default_properties = fips=yes` in openssl.cnf does.
    private static func hideAlgorithms() throws {
        typealias SetProperties = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
        let function = try #require(dlsym(nil, "EVP_set_default_properties"))
        #expect(unsafeBitCast(function, to: SetProperties.self)(nil, "fips=yes") == 1)
    }

    private static let national = Parties(sealing: .national, signing: .national)

    private static func expectFailed(_ body: () throws -> Void) {
        #expect(throws: NationalCryptoError.failed) { try body() }
    }

    /// Neither tampered nor badly signed: a platform would reject it for good, and remove the file.
    @Test func aPacketIsNotJudged() async {
        await #expect(processExitsWith: .success) { try Self.judge() }
    }

    private static func judge() throws {
        let whole = try Sealing(national)
        let signed = try Sealing(Parties(sealing: .international, signing: .national))
        let packet = try whole.sealed(Sealing.bytes(70_000))
        let other = try signed.sealed(Sealing.bytes(10))
        let bytes = Data("signed".utf8)
        let signature = try whole.signer.sign(bytes)
        var unbegun = whole.opener()
        var begun = whole.opener()
        _ = try begun.open(packet.prefix(whole.prefixSize + 100))
        var unended = signed.opener()
        _ = try unended.open(other.dropLast())
        try hideAlgorithms()
        let failures = [
            fails(&unbegun, at: packet), fails(&begun, at: packet.dropFirst(whole.prefixSize + 100)), fails(&unended, at: other.suffix(1)),
        ]
        #expect(failures == [true, true, true])
        expectFailed { _ = try SM2Key(point: whole.signer.publicKey.publicKey).verify(signature, of: bytes) }
        expectFailed { _ = try whole.signer.publicKey.verify(signature, of: bytes) }
        expectFailed { _ = try whole.sealer() }
        #expect(throws: UnusableSealingKey.self) { try whole.key.publicKey.check() }
    }

    private static func fails(_ opener: inout PacketOpener, at bytes: Data) -> Bool {
        do {
            _ = try opener.open(bytes)
            return false
        } catch {
            return error as? NationalCryptoError == .failed
        }
    }

    /// A key without the rest of its profile would be found out at the first packet.
    @Test func keysAreNeitherMadeNorCalledBad() async {
        await #expect(processExitsWith: .success) {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID())")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let file = directory.appendingPathComponent("signing.pem")
            try Data(PublishedKey.pem.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            try Self.hideAlgorithms()
            Self.expectFailed { _ = try SealingPrivateKey(profile: .national) }
            Self.expectFailed { _ = try SealingPrivateKey(rawRepresentation: Data(PublishedKey.pem.utf8)) }
            #expect(throws: KioskKeyError.unsupported) { try KioskPrivateKey(profile: .national) }
            #expect(throws: KioskKeyError.unsupported) { try KioskPrivateKey(contentsOf: file) }
            let point = try #require(Data(hexadecimal: PublishedKey.point))
            #expect(throws: KioskKeyError.unsupported) { try KioskKey(publicKey: point, profile: .national) }
            #expect(throws: KioskKeyError.unsupported) { try KioskKey(pem: PublishedKey.publicPEM) }
            let id = SealingKey(publicKey: point).id
            let json = Data(#"{"id":"\#(id)","profile":"national","publicKey":"\#(point.base64EncodedString())"}"#.utf8)
            #expect(throws: KioskKeyError.unsupported) { try PlatformJSON.decode(KioskKey.self, from: json) }
            // What needs none of it goes on.
            #expect(try KioskKey(pem: KioskPrivateKey().publicKey.pem).profile == .international)
        }
    }

    /// Threads may seal and open to the very end of a process, behind what it has said to be done then.
    @Test func theEndOfTheProcessLeavesOpenSSLWhole() async {
        await #expect(processExitsWith: .exitCode(7)) {
            // Said before anything was asked of OpenSSL, this comes behind what OpenSSL would have done.
            atexit { _exit((try? SM2Key().sign(Data([1]))) == nil ? 8 : 7) }
            _ = try SM2Key().sign(Data([1]))
            exit(0)
        }
    }
}
