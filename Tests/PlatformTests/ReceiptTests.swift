import Foundation
import KioskModel
import NIOHTTP1
import Platform
import Testing

@testable import PlatformAPI

/// What a platform says of receipts that citizens bring.
@Suite struct ReceiptTests {
    private func with(_ body: (PlatformUnderTest, TestKiosk) async throws -> Void) async throws {
        try await PlatformUnderTest.with { platform in try await body(platform, try await platform.enrol("kiosk-1")) }
    }

    /// What the kiosk gives when it holds that.
    private func receipt(
        _ kiosk: TestKiosk, _ test: TestApplication, _ change: (inout CustodyReceipt) -> Void = { _ in }
    ) throws -> SignedCustodyReceipt {
        let packets = [test.application, test.material]
        var receipt = CustodyReceipt(
            id: test.application.header.id, kiosk: kiosk.credential.kiosk, reference: test.submission.reference,
            digest: CustodyReceipt.digest(of: packets.map { ($0.header.id, $0.digest) }), materials: 1,
            heldAt: Date(timeIntervalSince1970: 1_795_000_000))
        change(&receipt)
        return try kiosk.key.sign(receipt)
    }

    private func ask(_ platform: PlatformUnderTest, _ token: String) async throws -> PlatformUnderTest.Answer {
        try await platform.request(
            .POST, PlatformRoute.receiptCheck, ["Content-Type": "application/json"], body: try PlatformJSON.encode(CustodyQuestion(token: token)))
    }

    private func report(_ platform: PlatformUnderTest, _ signed: SignedCustodyReceipt) async throws -> CustodyReport {
        let answer = try await ask(platform, signed.token)
        try #require(answer.status == 200)
        return try PlatformJSON.decode(CustodyReport.self, from: answer.body)
    }

    private func deliver(_ packet: TestPacket, _ platform: PlatformUnderTest, _ kiosk: TestKiosk) async throws {
        let tus = RawTus(platform: platform, token: kiosk.token.reveal)
        #expect(try await tus.post(packet).status == 201)
        #expect(try await tus.patch(packet.header.id, packet.sealed, at: 0).status == 204)
    }

    @Test func itIsHeldUntilAllOfItIsAccepted() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let signed = try receipt(kiosk, test)
            #expect(try await report(platform, signed) == CustodyReport(receipt: signed.receipt, state: .held))
            try await deliver(test.application, platform, kiosk)
            let half = try await report(platform, signed)
            #expect(half.state == .held && half.arrived == 1 && half.acceptance == nil && half.acceptedAt == nil)
            try await deliver(test.material, platform, kiosk)
            let whole = try await report(platform, signed)
            let application = try #require(try await platform.applications().first)
            #expect(whole.state == .accepted && whole.arrived == 2 && whole.applicationNumber == application.number)
            #expect(half.applicationNumber == application.number && whole.acceptedAt == application.materials.first?.receivedAt)

            // The platform's word, which needs no platform any more.
            let acceptance = try SignedAcceptance(token: try #require(whole.acceptance))
            #expect(acceptance.verify(with: kiosk.credential.acknowledgementKey))
            #expect(acceptance.acceptance.digest == signed.receipt.digest && acceptance.acceptance.id == signed.receipt.id)
            #expect(acceptance.acceptance.applicationNumber == application.number && acceptance.acceptance.acceptedAt == whole.acceptedAt)
            // Asking changes nothing.
            #expect(try await report(platform, signed) == whole)
            #expect(try await platform.applications() == [application])
        }
    }

    @Test func aRestoredPlatformSaysHeldAgain() async throws {
        try await with { platform, kiosk in
            let place = FileManager.default.temporaryDirectory.appendingPathComponent("backup-\(UUID())")
            defer { try? FileManager.default.removeItem(at: place) }
            let test = try TestApplication(kiosk)
            let signed = try receipt(kiosk, test)
            _ = try PlatformBackup(data: platform.data).run(to: place)
            try await deliver(test.application, platform, kiosk)
            try await deliver(test.material, platform, kiosk)
            #expect(try await report(platform, signed).state == .accepted)

            await platform.interrupt()
            for name in ["packets", "platform.sqlite", "platform.sqlite-wal", "platform.sqlite-shm"] {
                try? FileManager.default.removeItem(at: platform.data.appendingPathComponent(name))
            }
            try PlatformBackup.restore(from: place, to: platform.data)
            try await platform.start()
            #expect(try await report(platform, signed) == CustodyReport(receipt: signed.receipt, state: .held))
            try await deliver(test.application, platform, kiosk)
            try await deliver(test.material, platform, kiosk)
            #expect(try await report(platform, signed).state == .accepted)
        }
    }

    @Test func whatThePlatformHasInsteadIsSaid() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            try await deliver(test.application, platform, kiosk)
            try await deliver(test.material, platform, kiosk)
            let changes: [(inout CustodyReceipt) -> Void] = [
                { $0.digest = Digest.sha256(Data("other bytes".utf8)) }, { $0.materials = 0 }, { $0.materials = 2 }, { $0.reference = "K1-0002" },
                // The packet of a material.
                { $0.id = test.material.header.id },
            ]
            for (index, change) in changes.enumerated() {
                let signed = try receipt(kiosk, test, change)
                #expect(try await report(platform, signed) == CustodyReport(receipt: signed.receipt, state: .differs), "change \(index)")
            }
            // Another kiosk's receipt for the same packets.
            let other = try await platform.enrol("kiosk-2")
            let signed = try receipt(other, test)
            #expect(try await report(platform, signed) == CustodyReport(receipt: signed.receipt, state: .differs))
        }
    }

    @Test func aRejectionIsSaidWithItsReason() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk) { $0.itemCode = "11999999MB0000010Y3000109009999" }
            try await deliver(test.application, platform, kiosk)
            let signed = try receipt(kiosk, test)
            let expected = CustodyReport(receipt: signed.receipt, state: .rejected, reason: RejectionReason.unknownItem.rawValue)
            #expect(try await report(platform, signed) == expected)

            // Sealed and announced as it should be, but another plaintext than the application names.
            let second = try TestApplication(kiosk)
            try await deliver(second.application, platform, kiosk)
            let wrong = try TestPacket(
                second.material.header, Data(second.material.plaintext.map { ~$0 }), dependsOn: second.application.header.id, by: kiosk)
            try await deliver(wrong, platform, kiosk)
            let found = try await report(platform, try receipt(kiosk, second))
            #expect(found.state == .rejected && found.reason == RejectionReason.manifestMismatch.rawValue && found.arrived == 1)
            #expect(found.acceptance == nil)
        }
    }

    @Test func aFormerKeyOfTheKioskIsStillItsOwn() async throws {
        try await with { platform, kiosk in
            let signed = try receipt(kiosk, try TestApplication(kiosk))
            let present = try await platform.enrol("kiosk-1")
            #expect(present.key.publicKey != kiosk.key.publicKey)
            #expect(try await report(platform, signed).state == .held)
            #expect(try await report(platform, try receipt(present, try TestApplication(present))).state == .held)
        }
    }

    @Test func whatNoKioskSignedIsRefused() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let stranger = TestKiosk(credential: kiosk.credential, key: try KioskPrivateKey())
            let strange = try await ask(platform, try receipt(stranger, test).token)
            #expect(strange.status == 422 && strange.problem?.code == .unknownKiosk)
            let nobody = try await ask(platform, try receipt(kiosk, test) { $0.kiosk = "kiosk-9" }.token)
            #expect(nobody.status == 422 && nobody.problem?.code == .unknownKiosk)
            // One kiosk in the name of another, with a key that the platform knows for its own.
            let other = try await platform.enrol("kiosk-2")
            let borrowed = try await ask(platform, try receipt(other, test) { $0.kiosk = "kiosk-1" }.token)
            #expect(borrowed.status == 422 && borrowed.problem?.code == .unknownKiosk)

            let signed = try receipt(kiosk, test)
            var receipt = signed.receipt
            receipt.heldAt += 60
            let changed = SignedCustodyReceipt(receipt: receipt, keyID: signed.keyID, signature: signed.signature)
            let forged = try await ask(platform, changed.token)
            #expect(forged.status == 422 && forged.problem?.code == .badSignature)
        }
    }

    @Test func garbageIsRefusedBeforeAnythingIsLookedUp() async throws {
        try await with { platform, kiosk in
            let token = try receipt(kiosk, try TestApplication(kiosk)).token
            for text in ["", "K1-0001", String(token.dropLast()), token + "0", "CKA1:" + token.dropFirst(5), token.lowercased()] {
                let answer = try await ask(platform, text)
                #expect(answer.status == 400 && answer.problem?.code == .notAReceipt)
                #expect(text.isEmpty || !String(decoding: answer.body, as: UTF8.self).contains(text))
            }
            let type = ["Content-Type": "application/json; charset=utf-8"]
            for body in ["", "{}", "[]", "\"\(token)\"", "{\"token\":7}", "{\"token\":"] {
                let answer = try await platform.request(.POST, PlatformRoute.receiptCheck, type, body: Data(body.utf8))
                #expect(answer.status == 400 && answer.problem?.code == .badRequest, "\(body.prefix(12))")
            }
            let question = try PlatformJSON.encode(CustodyQuestion(token: token))
            #expect(try await platform.request(.POST, PlatformRoute.receiptCheck, type, body: question).status == 200)
            #expect(try await platform.request(.POST, PlatformRoute.receiptCheck, body: question).status == 415)
            #expect(try await platform.request(.GET, PlatformRoute.receiptCheck).status == 405)
            let padded = question + Data(repeating: UInt8(ascii: " "), count: CustodyQuestion.largest)
            let large = try await platform.request(.POST, PlatformRoute.receiptCheck, type, body: padded)
            #expect(large.status == 413 && large.problem?.code == .tooLarge)
        }
    }

    // MARK: platformd receipt

    private struct Run {
        var status: Int32
        var output: String
        var error: String
    }

    private func platformd(_ arguments: [String], input: String = "") throws -> Run {
        let process = Process()
        let (standardInput, output, error) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("platformd")
        process.arguments = arguments
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // Far less than a pipe holds, so that it blocks nowhere.
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        let (said, complaint) = (try output.fileHandleForReading.readToEnd() ?? Data(), try error.fileHandleForReading.readToEnd() ?? Data())
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus, output: String(decoding: said, as: UTF8.self), error: String(decoding: complaint, as: UTF8.self))
    }

    private struct Verdict: Decodable {
        var genuine: Bool
        var problem: String?
        var custody: CustodyReport?
        var acceptance: Acceptance?
    }

    @Test func theCommandChecksWithoutAServer() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let signed = try receipt(kiosk, test)
            try await deliver(test.application, platform, kiosk)
            try await deliver(test.material, platform, kiosk)
            await platform.interrupt()
            let check = ["receipt", "check", "--data", platform.data.path]
            func verdict(_ run: Run) throws -> Verdict { try PlatformJSON.decode(Verdict.self, from: Data(run.output.utf8)) }

            let accepted = try platformd(check + ["--format", "json", signed.token])
            let report = try #require(try verdict(accepted).custody)
            #expect(accepted.status == 0 && report.state == .accepted && report.receipt == signed.receipt)
            let acceptance = try #require(report.acceptance)
            let own = try platformd(check + ["--format", "json", "-"], input: acceptance + "\n")
            #expect(own.status == 0)
            #expect(try verdict(own).acceptance?.applicationNumber == report.applicationNumber)
            let table = try platformd(check + ["-"], input: signed.token + "\n")
            #expect(table.status == 0 && table.output.contains("state        accepted\n") && table.output.contains(acceptance))

            let differs = try platformd(check + [try receipt(kiosk, test) { $0.materials = 2 }.token])
            #expect(differs.status == 4 && differs.output.contains("differs"))
            let stranger = TestKiosk(credential: kiosk.credential, key: try KioskPrivateKey())
            let strange = try platformd(check + ["--format", "json", try receipt(stranger, test).token])
            #expect(strange.status == 3)
            let claim = try verdict(strange)
            #expect(!claim.genuine && claim.problem == "unknown-kiosk" && claim.custody == nil)
            let otherCity = try AcknowledgementSigner().sign(SignedAcceptance(token: acceptance).acceptance)
            #expect(try platformd(check + [otherCity.token]).status == 3)
            let garbage = try platformd(check + ["-"], input: "K1-0001\n")
            #expect(garbage.status == 65 && garbage.output.isEmpty && garbage.error.contains("CKR1:") && !garbage.error.contains("K1-0001"))

            let key = try platformd(["receipt", "key", "--data", platform.data.path])
            #expect(key.status == 0 && AcknowledgementKey(pem: key.output) == kiosk.credential.acknowledgementKey)
            // It makes no platform where there is none.
            let nowhere = FileManager.default.temporaryDirectory.appendingPathComponent("none-\(UUID())")
            #expect(try platformd(["receipt", "key", "--data", nowhere.path]).status == 1)
            #expect(!FileManager.default.fileExists(atPath: nowhere.path))
        }
    }
}
