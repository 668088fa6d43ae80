import Foundation
import KioskModel
import NIOHTTP1
import Platform
import PlatformClient
import Testing

@testable import PlatformAPI

/// Kiosks and a platform of the national profile, and those that are on their way to it.
@Suite struct NationalProfileTests {
    /// A platform whose latest key is national, started anew since.
    private func with(_ body: (PlatformUnderTest) async throws -> Void) async throws {
        try await PlatformUnderTest.with { platform in
            let key = try Enrolment.rotateSealingKey(data: platform.data, profile: .national)
            #expect(key.profile == .national)
            await platform.interrupt()
            try await platform.start()
            try await body(platform)
        }
    }

    private func deliver(_ packet: TestPacket, by kiosk: TestKiosk) async throws -> SignedAcknowledgement {
        let uplink = try PlatformUplink(credential: kiosk.credential)
        let file = try packet.file()
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            let signed = try await uplink.deliver(file: file, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest)
                .signed
            try await uplink.shutdown()
            return signed
        } catch {
            try await uplink.shutdown()
            throw error
        }
    }

    private func failure(_ packet: TestPacket, by kiosk: TestKiosk) async throws -> UplinkError? {
        do {
            _ = try await deliver(packet, by: kiosk)
            return nil
        } catch let error as UplinkError {
            return error
        }
    }

    private func rejection(of packet: TestPacket, by kiosk: TestKiosk) async throws -> RejectionReason? {
        do {
            _ = try await deliver(packet, by: kiosk)
            return nil
        } catch UplinkError.rejected(let problem) {
            return problem.reason.flatMap(RejectionReason.init(rawValue:))
        }
    }

    /// Delivers both packets, and reads them back as an operator.
    private func expectToArrive(_ test: TestApplication, by kiosk: TestKiosk, at platform: PlatformUnderTest) async throws {
        for packet in [test.application, test.material] {
            let signed = try await deliver(packet, by: kiosk)
            #expect(signed.verify(with: kiosk.credential.acknowledgementKey))
            #expect(signed.acknowledgement.plaintextDigest == Digest.sha256(packet.plaintext))
        }
        let token = try Enrolment(data: platform.data).operatorToken()
        let detail = try await platform.request(.GET, PlatformRoute.application(test.submission.id), token: token)
        #expect(try PlatformJSON.decode(ApplicationDetail.self, from: detail.body).submission == test.submission)
        let pages = try await platform.request(.GET, PlatformRoute.material(test.material.header.id, of: test.submission.id), token: token)
        #expect(pages.body == test.material.plaintext)
    }

    @Test func aNationalKioskIsEnrolledDeliversAndIsBelieved() async throws {
        try await with { platform in
            let kiosk = try await platform.enrol("kiosk-1", profile: .national)
            #expect(kiosk.credential.sealingKey.key.profile == .national && kiosk.credential.kioskKey.profile == .national)
            let test = try TestApplication(kiosk)
            #expect(try PacketPrefix(reading: test.application.sealed)?.profile == .national)
            try await expectToArrive(test, by: kiosk, at: platform)
            // The receipt that its citizen has is signed with the same key.
            let receipt = CustodyReceipt(
                id: test.submission.id, kiosk: "kiosk-1", reference: test.submission.reference,
                digest: CustodyReceipt.digest(of: [test.application, test.material].map { ($0.header.id, $0.digest) }), materials: 1, heldAt: Date())
            let question = try PlatformJSON.encode(CustodyQuestion(token: try kiosk.key.sign(receipt).token))
            let answer = try await platform.request(.POST, PlatformRoute.receiptCheck, ["Content-Type": "application/json"], body: question)
            #expect(try PlatformJSON.decode(CustodyReport.self, from: answer.body).state == .accepted)
        }
    }

    /// Its own key stays what it was until it is enrolled anew; so may what it sealed before.
    @Test func aKioskGoesOverWhenThePlatformDoes() async throws {
        try await PlatformUnderTest.with { platform in
            var kiosk = try await platform.enrol("kiosk-1")
            let before = try TestApplication(kiosk)
            let key = try Enrolment.rotateSealingKey(data: platform.data, profile: .national)
            await platform.interrupt()
            try await platform.start()
            kiosk.credential.platformURL = await platform.url
            let uplink = try PlatformUplink(credential: kiosk.credential)
            let statements = try await uplink.info().sealingKeys
            try await uplink.shutdown()
            #expect(statements.map(\.key) == [key] && statements[0].verify(with: kiosk.credential.acknowledgementKey))
            try await expectToArrive(before, by: kiosk, at: platform)
            kiosk.credential.sealingKey = statements[0]
            let between = try TestApplication(kiosk)
            #expect(try PacketPrefix(reading: between.application.sealed)?.profile == .national)
            try await expectToArrive(between, by: kiosk, at: platform)
            let anew = try await platform.enrol("kiosk-1", profile: .national)
            try await expectToArrive(try TestApplication(anew), by: anew, at: platform)
        }
    }

    /// A kiosk of a version before the national profile demands 32 bytes of every key that it is told of.
    @Test func aRotationThereAndBackIsReadByOlderKiosks() async throws {
        struct Info: Decodable {
            struct Statement: Decodable { var key: Key }
            struct Key: Decodable { var publicKey: Data }
            var sealingKeys: [Statement]
        }
        try await with { platform in
            let kiosk = try await platform.enrol("kiosk-1")
            let key = try Enrolment.rotateSealingKey(data: platform.data, profile: .international)
            await platform.interrupt()
            try await platform.start()
            let answer = try await platform.request(.GET, PlatformRoute.info, token: kiosk.credential.token.reveal)
            #expect(try PlatformJSON.decode(Info.self, from: answer.body).sealingKeys.map(\.key.publicKey) == [key.publicKey])
            #expect(key.publicKey.count == 32)
        }
    }

    /// The other way round: the kiosk is first.
    @Test func aNationalKioskSealsToAPlatformThatIsNot() async throws {
        try await PlatformUnderTest.with { platform in
            let kiosk = try await platform.enrol("kiosk-1", profile: .national)
            let test = try TestApplication(kiosk)
            #expect(try PacketPrefix(reading: test.application.sealed)?.profile == .international)
            try await expectToArrive(test, by: kiosk, at: platform)
        }
    }

    @Test func whatWasChangedIsRejectedAndWhatLacksAKeyWaits() async throws {
        try await with { platform in
            let kiosk = try await platform.enrol("kiosk-1", profile: .national)
            var changed = try TestApplication(kiosk).application
            changed.sealed[changed.sealed.count - 200] ^= 1
            let reason = try await rejection(of: changed, by: kiosk)
            #expect(reason == .tampered)
            var unsigned = try TestApplication(kiosk).application
            unsigned.sealed[unsigned.sealed.count - 1] ^= 1
            let other = try await rejection(of: unsigned, by: kiosk)
            #expect(other == .badSignature)
            var thief = kiosk
            thief.key = try KioskPrivateKey(profile: .national)
            let stolen = try TestApplication(thief).application
            await #expect(throws: UplinkError.retryable(after: nil, problem: .missingKey)) { try await deliver(stolen, by: kiosk) }
        }
    }

    /// As `default_properties` in openssl.cnf do, for the whole process.
    private static func setProperties(_ text: String) throws {
        typealias SetProperties = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32
        let function = try #require(dlsym(nil, "EVP_set_default_properties"))
        #expect(unsafeBitCast(function, to: SetProperties.self)(nil, text) == 1)
    }

    /// A libcrypto that lacks the algorithms: nothing is rejected for it, and what it lacked they are taken with.
    @Test func whatOpenSSLLacksIsNoVerdict() async {
        await #expect(processExitsWith: .success) {
            let tests = Self()
            try await tests.with { platform in
                let former = try await platform.enrol("kiosk-1")
                // Sealed by the national profile, though signed by the other.
                let sealed = try TestApplication(former)
                let kiosk = try await platform.enrol("kiosk-1", profile: .national)
                let signed = try TestApplication(kiosk)
                try Self.setProperties("fips=yes")
                for packet in [sealed.application, signed.application] {
                    let failure = try await tests.failure(packet, by: kiosk)
                    guard case .retryable = failure else {
                        Issue.record("\(String(describing: failure))")
                        continue
                    }
                }
                try Self.setProperties("")
                try await tests.expectToArrive(sealed, by: kiosk, at: platform)
                try await tests.expectToArrive(signed, by: kiosk, at: platform)
            }
        }
    }

    /// An international platform goes on with what needs none of them, though one of the kiosk's keys can't be used.
    @Test func aNationalKeyOfAKioskDoesNotKeepItsOthersOut() async {
        await #expect(processExitsWith: .success) {
            let tests = Self()
            try await PlatformUnderTest.with { platform in
                let former = try await platform.enrol("kiosk-1")
                let sealed = try TestApplication(former)
                let kiosk = try await platform.enrol("kiosk-1", profile: .national)
                try Self.setProperties("fips=yes")
                try await tests.expectToArrive(sealed, by: kiosk, at: platform)
            }
        }
    }

    @Test func aRotationKeepsTheProfileUnlessItIsTold() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        _ = try Enrolment(data: directory)
        let profiles: [CryptoProfile?] = [nil, .national, nil, .international, nil]
        let made = try profiles.map { try Enrolment.rotateSealingKey(data: directory, profile: $0).profile }
        #expect(made == [.international, .national, .national, .international, .international])
        // Each is read back as what it is.
        let keys = directory.appendingPathComponent("keys")
        for (index, profile) in ([.international] + made).enumerated() {
            let file = keys.appendingPathComponent("sealing-\(index + 1).key")
            #expect(try SealingPrivateKey(rawRepresentation: Data(contentsOf: file)).publicKey.profile == profile)
            #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        }
    }
}
