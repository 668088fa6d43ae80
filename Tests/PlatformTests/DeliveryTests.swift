import Crypto
import Foundation
import KioskModel
import Logging
import NIOHTTP1
import Platform
import PlatformAPI
import PlatformClient
import Testing

/// The kiosk's client against the platform, as they run together.
@Suite struct DeliveryTests {
    private func with(_ body: (PlatformUnderTest, TestKiosk, PlatformUplink) async throws -> Void) async throws {
        try await PlatformUnderTest.with { platform in
            let kiosk = try await platform.enrol("kiosk-1")
            let uplink = try PlatformUplink(credential: kiosk.credential)
            do {
                try await body(platform, kiosk, uplink)
            } catch {
                try await uplink.shutdown()
                throw error
            }
            try await uplink.shutdown()
        }
    }

    private func deliver(_ packet: TestPacket, _ uplink: PlatformUplink) async throws -> SignedAcknowledgement {
        let file = try packet.file()
        defer { try? FileManager.default.removeItem(at: file) }
        return try await uplink.deliver(file: file, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest).signed
    }

    @Test func anApplicationAndItsMaterialReachTheOperator() async throws {
        try await with { platform, kiosk, uplink in
            let test = try TestApplication(kiosk)
            let first = try await deliver(test.application, uplink).acknowledgement
            #expect(first.plaintextDigest == Digest.sha256(test.application.plaintext))
            let number = try #require(first.applicationNumber)
            #expect(number.count == 43)
            #expect(number.hasPrefix(TestApplication.item) && number.hasSuffix("0001"))
            #expect(CivilDate(compact: number.dropFirst(31).prefix(8)) != nil)
            #expect(try await platform.applications().first?.status == .awaitingMaterials)
            let second = try await deliver(test.material, uplink).acknowledgement
            #expect(second.applicationNumber == nil)
            #expect(second.plaintextDigest == test.submission.materials[0].digest)

            let summary = try #require(try await platform.applications().first)
            #expect((summary.number, summary.status, summary.reference) == (number, .complete, "K1-0001"))
            let token = try Enrolment(data: platform.data).operatorToken()
            let detail = try await platform.request(.GET, PlatformRoute.application(summary.id), token: token)
            #expect(try PlatformJSON.decode(ApplicationDetail.self, from: detail.body).submission == test.submission)
            let pages = try await platform.request(.GET, PlatformRoute.material(test.material.header.id, of: summary.id), token: token)
            #expect(pages.body == test.material.plaintext)
            #expect(pages.headers.first(name: "Content-Type") == "application/pdf")
        }
    }

    @Test func aLostAcknowledgementIsTheSameOnTheNextAsking() async throws {
        try await with { platform, kiosk, uplink in
            let test = try TestApplication(kiosk)
            let first = try await deliver(test.application, uplink)
            for _ in 0..<3 { #expect(try await deliver(test.application, uplink) == first) }
            #expect(try await platform.applications().count == 1)
        }
    }

    @Test func aMaterialWaitsForItsApplication() async throws {
        try await with { _, kiosk, uplink in
            let test = try TestApplication(kiosk)
            await #expect(throws: UplinkError.retryable(after: .seconds(5), problem: .applicationMissing)) {
                try await deliver(test.material, uplink)
            }
            _ = try await deliver(test.application, uplink)
            _ = try await deliver(test.material, uplink)
        }
    }

    @Test func aMaterialOfAnotherSizeThanAnnouncedIsRefused() async throws {
        try await with { _, kiosk, uplink in
            let test = try TestApplication(kiosk) { $0.materials[0].byteCount += 1 }
            _ = try await deliver(test.application, uplink)
            let error = await #expect(throws: UplinkError.self) { try await deliver(test.material, uplink) }
            guard case .rejected(let problem) = error else { throw try #require(error) }
            #expect(problem.reason == RejectionReason.manifestMismatch.rawValue)
        }
    }

    @Test func aMaterialWithOtherBytesThanAnnouncedIsRejectedForGood() async throws {
        try await with { platform, kiosk, uplink in
            let test = try TestApplication(kiosk) { $0.materials[0].digest = Digest.sha256(Data()) }
            _ = try await deliver(test.application, uplink)
            for _ in 0..<2 {
                let error = await #expect(throws: UplinkError.self) { try await deliver(test.material, uplink) }
                guard case .rejected(let problem) = error else { throw try #require(error) }
                #expect(problem.status == 422)
                #expect(problem.reason == RejectionReason.manifestMismatch.rawValue)
            }
            #expect(try await platform.applications().first?.status == .awaitingMaterials)
        }
    }

    @Test func submissionsThatCanNotBeAreRejectedWithTheirReason() async throws {
        try await with { platform, kiosk, uplink in
            let cases: [(RejectionReason, (inout ApplicationSubmission) -> Void)] = [
                (.unknownItem, { $0.itemCode = "11999999MB0000010Y3999999999999" }), (.submissionMismatch, { $0.kiosk = "kiosk-2" }),
                (.submissionMismatch, { $0.id = .v7(at: Date()) }), (.invalidMaterial, { $0.materials[0].requirement = "no-such" }),
                (.invalidMaterial, { $0.materials[0].pageCount = 11 }), (.invalidMaterial, { $0.materials[0].byteCount = .max }),
                (.invalidMaterial, { $0.materials[0].digest = "x" }), (.invalidMaterial, { $0.materials[0].mediaType = "text/html" }),
                (.invalidMaterial, { $0.materials.append($0.materials[0]) }), (.invalidMaterial, { $0.materials[0].id = UUID() }),
                (.malformedSubmission, { $0.reference = "" }),
            ]
            for (reason, change) in cases {
                let test = try TestApplication(kiosk, materialSize: 10, change: change)
                let error = await #expect(throws: UplinkError.self) { try await deliver(test.application, uplink) }
                guard case .rejected(let problem) = error else { throw try #require(error) }
                #expect(problem.reason == reason.rawValue)
                #expect(problem.code == .packetRejected)
            }
            #expect(try await platform.applications().isEmpty)
        }
    }

    @Test func packetsThatDoNotOpenAreRejectedWithTheirReason() async throws {
        try await with { platform, kiosk, uplink in
            let cases: [(RejectionReason, (inout TestPacket) throws -> Void)] = [
                (.notAPacket, { $0.sealed = Data("garbage".utf8) }), (.truncated, { $0.sealed = $0.sealed.dropLast() }),
                (.tampered, { $0.sealed[300] ^= 1 }), (.trailingBytes, { $0.sealed.append(0) }), (.wrongHeader, { $0.header.sequence += 1 }),
                (.badSignature, { $0.sealed[$0.sealed.count - 10] ^= 1 }),
                (.malformedSubmission, { $0 = try TestPacket($0.header, Data("{}".utf8), by: kiosk) }),
            ]
            for (reason, change) in cases {
                var packet = try TestApplication(kiosk, materialSize: 10).application
                try change(&packet)
                let sent = packet
                let error = await #expect(throws: UplinkError.self) { try await deliver(sent, uplink) }
                guard case .rejected(let problem) = error else { throw try #require(error) }
                #expect(problem.reason == reason.rawValue)
            }
            #expect(try await platform.applications().isEmpty)
        }
    }

    /// What the disk has done to a packet.
    enum Damage: CaseIterable {
        case gone, emptied, shortened, lengthened, changed
    }

    /// Of a large one that has its size still the platform finds it out, keeps nothing, and says nothing that would keep a whole copy from coming another way.
    @Test(arguments: Damage.allCases, [10, 300_000])
    func aFileThatIsNotWhatWasSealedIsNotTaken(damage: Damage, materialSize: Int) async throws {
        try await with { platform, kiosk, uplink in
            let test = try TestApplication(kiosk, materialSize: materialSize)
            _ = try await deliver(test.application, uplink)
            let packet = test.material
            let file = try packet.file()
            defer { try? FileManager.default.removeItem(at: file) }
            var bytes = packet.sealed
            switch damage {
            case .gone: break
            case .emptied: bytes = Data()
            case .shortened: bytes = bytes.dropLast()
            case .lengthened: bytes += Data(count: 1)
            case .changed: bytes[bytes.count / 2] ^= 1
            }
            try FileManager.default.removeItem(at: file)
            if damage != .gone { try bytes.write(to: file) }
            await #expect(throws: UplinkError.fileDamaged) {
                try await uplink.deliver(file: file, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest)
            }
            #expect(try await RawTus(platform: platform, token: kiosk.token.reveal).head(packet.header.id).status == 404)
            _ = try await deliver(packet, uplink)
            #expect(try await platform.applications().first?.status == .complete)
        }
    }

    @Test func twoSendersOfOnePacketMakeOneApplication() async throws {
        try await with { platform, kiosk, uplink in
            let test = try TestApplication(kiosk, materialSize: 1 << 20)
            for packet in [test.application, test.material] {
                let signed = try await withThrowingTaskGroup(of: SignedAcknowledgement.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            let deadline = ContinuousClock.now + .seconds(60)
                            while true {
                                do {
                                    return try await deliver(packet, uplink)
                                } catch UplinkError.retryable where ContinuousClock.now < deadline {
                                    await Task.yield()
                                }
                            }
                        }
                    }
                    return try await group.reduce(into: Set<SignedAcknowledgement>()) { $0.insert($1) }
                }
                #expect(signed.count == 1)
            }
            let applications = try await platform.applications()
            #expect(applications.count == 1)
            #expect(applications.first?.status == .complete)
        }
    }

    @Test func packetsSealedToAFormerKeyAreStillTaken() async throws {
        try await with { platform, kiosk, uplink in
            let before = try TestApplication(kiosk)
            let received = try TestApplication(kiosk)
            _ = try await deliver(received.application, uplink)
            let key = try Enrolment.rotateSealingKey(data: platform.data)
            await platform.interrupt()
            try await platform.start()
            var moved = kiosk
            moved.credential.platformURL = await platform.url
            let uplink = try PlatformUplink(credential: moved.credential)
            let statements = try await uplink.info().sealingKeys
            #expect(statements.map(\.generation) == [2] && statements[0].key == key)
            #expect(statements[0].verify(with: kiosk.credential.acknowledgementKey))
            _ = try await deliver(before.application, uplink)
            moved.credential.sealingKey = statements[0]
            let after = try TestApplication(moved)
            #expect(try PacketPrefix(reading: after.application.sealed)?.sealingKeyID == key.id)
            _ = try await deliver(after.application, uplink)
            // What came before the rotation can still be read.
            let token = try Enrolment(data: platform.data).operatorToken()
            for test in [received, before, after] {
                let detail = try await platform.request(.GET, PlatformRoute.application(test.submission.id), token: token)
                #expect(try PlatformJSON.decode(ApplicationDetail.self, from: detail.body).submission == test.submission)
            }
            try await uplink.shutdown()
        }
    }

    /// Between `rotate-key` and the start of the server that knows of it; or an administrator put back what was older than an enrolment.
    @Test func aPacketWhoseKeyThePlatformLacksWaitsForIt() async throws {
        try await with { platform, kiosk, uplink in
            _ = try Enrolment.rotateSealingKey(data: platform.data)
            let enrolment = try Enrolment(data: platform.data)
            let early = try enrolment.enrol(kiosk: "kiosk-1", platformURL: await platform.url, kioskKey: kiosk.key.publicKey)
            #expect(early.sealingKey.generation == 2)
            let key = try KioskPrivateKey()
            let packets = [
                try TestApplication(TestKiosk(credential: early, key: kiosk.key)).application,
                try TestApplication(TestKiosk(credential: early, key: key)).application,
            ]
            let first = try PlatformUplink(credential: early)
            for packet in packets + packets {
                await #expect(throws: UplinkError.retryable(after: nil, problem: .missingKey)) { try await deliver(packet, first) }
            }
            try await first.shutdown()
            // Each attempt is told of, the key at critical once.
            let told = platform.journal.lines.filter { $0.text.contains("a key is missing") && $0.text.contains(early.sealingKey.key.id) }
            #expect(told.count >= 2 * packets.count && told.count { $0.level == .critical } == 1 && told.first?.level == .critical)
            await platform.interrupt()
            try await platform.start()
            let late = try Enrolment(data: platform.data).enrol(kiosk: "kiosk-1", platformURL: await platform.url, kioskKey: key.publicKey)
            let second = try PlatformUplink(credential: late)
            for packet in packets { _ = try await deliver(packet, second) }
            try await second.shutdown()
        }
    }

    @Test func noKeyIsMadeInThePlaceOfALostOne() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(throws: PlatformError.self) { try Enrolment.rotateSealingKey(data: directory) }
        _ = try Enrolment(data: directory)
        _ = try Enrolment.rotateSealingKey(data: directory)
        let keys = directory.appendingPathComponent("keys")
        for name in ["sealing-1.key", "acknowledgement.key"] {
            let file = keys.appendingPathComponent(name)
            let bytes = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            #expect(throws: PlatformError.self) { try Enrolment(data: directory) }
            #expect(!FileManager.default.fileExists(atPath: file.path))
            try bytes.write(to: file)
        }
        _ = try Enrolment(data: directory)
        // A file system that isn't mounted.
        try FileManager.default.removeItem(at: keys)
        #expect(throws: PlatformError.self) { try Enrolment(data: directory) }
    }

    @Test func whatAKioskSignedWithAFormerKeyStaysItsOwn() async throws {
        try await with { platform, kiosk, uplink in
            let before = try TestApplication(kiosk)
            var anew = try await platform.enrol("kiosk-1")
            anew.credential.platformURL = await platform.url
            let uplink = try PlatformUplink(credential: anew.credential)
            _ = try await deliver(before.application, uplink)
            _ = try await deliver(try TestApplication(anew).application, uplink)
            // Another kiosk's key signs nothing for this one.
            let other = try await platform.enrol("kiosk-2")
            let forged = try TestApplication(TestKiosk(credential: anew.credential, key: other.key)).application
            await #expect(throws: UplinkError.retryable(after: nil, problem: .missingKey)) { try await deliver(forged, uplink) }
            try await uplink.shutdown()
        }
    }

    @Test func numbersCountUpWithinItemAndDay() async throws {
        try await with { _, kiosk, uplink in
            var numbers = [String]()
            for _ in 0..<3 {
                numbers.append(try #require(try await deliver(try TestApplication(kiosk).application, uplink).acknowledgement.applicationNumber))
            }
            #expect(numbers == numbers.sorted() && Set(numbers).count == 3)
        }
    }

    @Test func anUploadSurvivesARestartBetweenPieces() async throws {
        try await with { platform, kiosk, _ in
            let test = try TestApplication(kiosk, materialSize: 500_000)
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            for packet in [test.application, test.material] {
                let step = packet.sealed.count / 3 + 1
                _ = try await tus.post(packet)
                for start in stride(from: 0, to: packet.sealed.count, by: step) {
                    #expect(try await tus.offset(packet.header.id) == String(start))
                    let piece = packet.sealed[start..<min(start + step, packet.sealed.count)]
                    #expect(try await tus.patch(packet.header.id, Data(piece), at: start).status == 204)
                    await platform.interrupt()
                    try await platform.start()
                }
                #expect(try await tus.acknowledgement(packet.header.id).status == 200)
            }
            #expect(try await platform.applications().map(\.status) == [.complete])
        }
    }

    @Test func nothingPersonalAndNoPageIsOnThePlatformsDiskInClear() async throws {
        try await with { platform, kiosk, uplink in
            let test = try TestApplication(kiosk)
            _ = try await deliver(test.application, uplink)
            _ = try await deliver(test.material, uplink)
            let number = try #require(TestApplication.number).value
            let secrets = [
                Data(TestApplication.name.utf8), Data(TestApplication.address.utf8), Data(number.utf8), test.material.plaintext.prefix(64),
            ]
            let files = try FileManager.default.subpathsOfDirectory(atPath: platform.data.path)
            #expect(files.contains { $0.hasPrefix("platform.sqlite") } && files.contains { $0.hasPrefix("packets/") })
            for file in files {
                let bytes = FileManager.default.contents(atPath: platform.data.appendingPathComponent(file).path) ?? Data()
                for secret in secrets { #expect(bytes.range(of: secret) == nil, "\(file)") }
            }
        }
    }
}
