import Foundation
import PlatformAPI
import Testing

@Suite struct AcknowledgementTests {
    private let signer = AcknowledgementSigner()
    private let acknowledgement = Acknowledgement(
        id: .v7(at: Date()), kiosk: "kiosk-1", sequence: 3, kind: .application, sealedDigest: String(repeating: "a", count: 64),
        plaintextDigest: String(repeating: "b", count: 64), applicationNumber: "11999999MB0000010Y3000109001001202611210001",
        term: UUID(), number: 12, acceptedAt: Date(timeIntervalSince1970: 1_795_000_000.987))

    @Test func aSignatureSurvivesJSON() throws {
        let signed = try signer.sign(acknowledgement)
        let read = try PlatformJSON.decode(SignedAcknowledgement.self, from: try PlatformJSON.encode(signed))
        #expect(read == signed)
        #expect(read.verify(with: signer.publicKey))
        #expect(!read.verify(with: AcknowledgementSigner().publicKey))
        #expect(!read.verify(with: AcknowledgementKey(publicKey: Data())))
    }

    @Test func everyFieldIsSigned() throws {
        let changes: [(inout Acknowledgement) -> Void] = [
            { $0.id = .v7(at: Date()) }, { $0.kiosk = "kiosk-2" }, { $0.sequence = 4 }, { $0.kind = .material },
            { $0.sealedDigest = String(repeating: "c", count: 64) }, { $0.plaintextDigest = String(repeating: "c", count: 64) },
            { $0.applicationNumber = nil }, { $0.applicationNumber = "" }, { $0.term = UUID() }, { $0.number += 1 },
            { $0.acceptedAt += 1 },
        ]
        for (index, change) in changes.enumerated() {
            var signed = try signer.sign(acknowledgement)
            change(&signed.acknowledgement)
            #expect(!signed.verify(with: signer.publicKey), "change \(index)")
        }
    }

    @Test(arguments: [-1e300, 1e300, -1, Double.infinity]) func anAbsurdDateIsOnlyABadSignature(_ seconds: Double) throws {
        var signed = try signer.sign(acknowledgement)
        signed.acknowledgement.acceptedAt = Date(timeIntervalSince1970: seconds)
        #expect(!signed.verify(with: signer.publicKey))
    }
}

@Suite struct IdentifierTests {
    private struct Fixed: RandomNumberGenerator {
        mutating func next() -> UInt64 { 0x0123_4567_89AB_CDEF }
    }

    /// The example of RFC 9562, appendix A.6, has this time.
    @Test func version7HasTheTimeInFront() {
        var random = Fixed()
        let id = UUID.v7(at: Date(timeIntervalSince1970: 1_645_557_742), random: &random)
        #expect(id.wireText.hasPrefix("017f22e2-79b0-7"))
        #expect(id.isVersion7)
        #expect(!UUID().isVersion7)
    }

    @Test func laterIdsSortLater() {
        let ids = (0..<50).map { UUID.v7(at: Date(timeIntervalSince1970: 1_700_000_000 + Double($0) / 100)).wireText }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 50)
    }

    @Test(arguments: [
        "", "../../etc/passwd", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",
        "017f22e2%2d79b0-7cc3-98c4-dc0c0c07398f",
    ])
    func onlyOneSpellingIsAnId(_ text: String) {
        #expect(UUID(wireText: text) == nil)
        #expect(UUID(wireText: "017f22e2-79b0-7cc3-98c4-dc0c0c07398f") != nil)
    }

    @Test func metadataSurvivesItsHeader() {
        let metadata = UploadMetadata(id: .v7(at: Date()), kind: .material, sequence: .max, sealedDigest: String(repeating: "0", count: 64))
        #expect(UploadMetadata(headerValue: metadata.headerValue) == metadata)
        #expect(UploadMetadata(headerValue: metadata.headerValue + ",note eA==") == nil)
        #expect(UploadMetadata(headerValue: metadata.headerValue.replacingOccurrences(of: "kind", with: "id")) == nil)
        #expect(UploadMetadata(headerValue: "") == nil)
    }
}

@Suite struct CredentialTests {
    private let credential: KioskCredential

    init() throws {
        let signer = AcknowledgementSigner()
        credential = KioskCredential(
            kiosk: "kiosk-1", token: "kiosk-1.secret", platformURL: URL(string: "https://city.example/api")!,
            sealingKey: try signer.sign(SealingPrivateKey().publicKey, generation: 1), acknowledgementKey: signer.publicKey,
            kioskKey: try KioskPrivateKey().publicKey)
    }

    @Test func aFileIsPrivateAndReadsBack() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("credential-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try credential.write(to: file)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        #expect(try KioskCredential(contentsOf: file) == credential)
        #expect(throws: CredentialError.self) { try credential.write(to: file) }
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
        #expect(throws: CredentialError.readableByOthers(path: file.path)) { try KioskCredential(contentsOf: file) }
    }

    @Test func theTokenIsInNoDescription() {
        #expect(!"\(credential)".contains("secret"))
    }

    @Test(arguments: [
        ("https://city.example", true), ("http://127.0.0.1:8480", true), ("http://localhost", true), ("http://[::1]:1", true),
        ("http://city.example", false), ("http://127.0.0.1.evil.example", false), ("http://localhost@evil.example", false),
        ("ftp://127.0.0.1", false),
        ("https://", false), ("https://city.example?x=1", false),
    ])
    func httpIsForThisMachineOnly(_ text: String, _ expected: Bool) {
        #expect(URL(string: text).map(KioskCredential.isAcceptable) ?? false == expected)
    }
}
