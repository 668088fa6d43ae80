import Foundation
import KioskModel
import NIOHTTP1
import Platform
import PlatformAPI
import PlatformClient
import Testing

/// What a platform says of what it has, and how a backup of it is made and restored.
@Suite struct LedgerTests {
    private func with(_ body: (PlatformUnderTest, TestKiosk) async throws -> Void) async throws {
        try await PlatformUnderTest.with { platform in try await body(platform, try await platform.enrol("kiosk-1")) }
    }

    /// With the platform where it is now.
    private func uplink<Value>(_ platform: PlatformUnderTest, _ kiosk: TestKiosk, _ body: (PlatformUplink) async throws -> Value) async throws
        -> Value
    {
        var credential = kiosk.credential
        credential.platformURL = await platform.url
        let uplink = try PlatformUplink(credential: credential)
        do {
            let value = try await body(uplink)
            try await uplink.shutdown()
            return value
        } catch {
            try await uplink.shutdown()
            throw error
        }
    }

    private func deliver(_ packet: TestPacket, _ platform: PlatformUnderTest, _ kiosk: TestKiosk) async throws -> Acknowledgement {
        let file = try packet.file()
        defer { try? FileManager.default.removeItem(at: file) }
        return try await uplink(platform, kiosk) {
            try await $0.deliver(file: file, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest).signed
                .acknowledgement
        }
    }

    private func watermark(_ platform: PlatformUnderTest, _ kiosk: TestKiosk) async throws -> UInt64 {
        try await uplink(platform, kiosk) { try await $0.info().watermark }
    }

    private func backup(_ platform: PlatformUnderTest, _ body: (URL) async throws -> Void) async throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("backup-\(UUID())")
        defer { try? FileManager.default.removeItem(at: place) }
        try await body(place)
    }

    /// The content of a backup in the place of a platform's data.
    private func restore(_ platform: PlatformUnderTest, from place: URL) async throws {
        await platform.interrupt()
        for name in ["packets", "platform.sqlite", "platform.sqlite-wal", "platform.sqlite-shm"] {
            try? FileManager.default.removeItem(at: platform.data.appendingPathComponent(name))
        }
        try PlatformBackup.restore(from: place, to: platform.data)
        try await platform.start()
    }

    @Test func packetsAreCountedOverTheTerms() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let first = try await deliver(test.application, platform, kiosk)
            let second = try await deliver(test.material, platform, kiosk)
            #expect(first.number == 1 && second.number == 2 && first.term == second.term)
            await platform.interrupt()
            try await platform.start()
            let third = try await deliver(try TestApplication(kiosk).application, platform, kiosk)
            #expect(third.number == 3 && third.term != first.term)
            // Asked again, it says the same as before.
            #expect(try await deliver(test.application, platform, kiosk) == first)
            let statement = try await uplink(platform, kiosk) { try await $0.ledger(terms: [first.term, UUID(), third.term]) }
            #expect(statement.extents == [.init(term: first.term, through: 2), .init(term: third.term, through: 3)])
            #expect(statement.term == third.term && statement.watermark == 0)
            let info = try await uplink(platform, kiosk) { try await $0.info() }
            #expect(info.term == third.term && info.watermark == 0)
        }
    }

    @Test func manyTermsAreAskedForInTurn() async throws {
        try await with { platform, kiosk in
            let first = try await deliver(try TestApplication(kiosk).application, platform, kiosk)
            let terms = (0..<3 * LedgerStatement.mostTerms).map { _ in UUID() } + [first.term]
            let statement = try await uplink(platform, kiosk) { try await $0.ledger(terms: terms) }
            #expect(statement.extents == [.init(term: first.term, through: 1)])
        }
    }

    @Test func aStatementIsForOneKioskAndOneQuestion() async throws {
        try await with { platform, kiosk in
            let nonce = Data(repeating: 7, count: LedgerStatement.nonceSize)
            let path = PlatformRoute.ledger(nonce: nonce, terms: [])
            let answer = try await platform.request(.GET, path, token: kiosk.token.reveal)
            let signed = try PlatformJSON.decode(SignedLedgerStatement.self, from: answer.body)
            #expect(signed.statement.kiosk == "kiosk-1" && signed.statement.nonce == nonce)
            #expect(signed.verify(with: kiosk.credential.acknowledgementKey))
            var forged = signed
            forged.statement.watermark = 9
            #expect(!forged.verify(with: kiosk.credential.acknowledgementKey))
            #expect(!signed.verify(with: AcknowledgementSigner().publicKey))
            for query in [
                "", "?nonce=00&terms=", "?nonce=\(nonce.hexadecimal)&terms=x",
                "?nonce=\(nonce.hexadecimal)&terms="
                    + (0...LedgerStatement.mostTerms).map { _ in UUID().wireText }.joined(separator: ","),
            ] {
                #expect(try await platform.request(.GET, PlatformRoute.ledger + query, token: kiosk.token.reveal).status == 400)
            }
        }
    }

    @Test func aRestoredPlatformKnowsWhatItHas() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let first = try await deliver(test.application, platform, kiosk)
            try await backup(platform) { place in
                let made = try PlatformBackup(data: platform.data).run(to: place)
                #expect(made == .init(through: 1, packets: 1, copied: 1))
                #expect(!FileManager.default.fileExists(atPath: place.appendingPathComponent("keys").path))
                #expect(try await watermark(platform, kiosk) == 1)
                let lost = try await deliver(test.material, platform, kiosk)
                #expect(lost.number == 2)

                try await restore(platform, from: place)
                let statement = try await uplink(platform, kiosk) { try await $0.ledger(terms: [first.term]) }
                #expect(statement.extents == [.init(term: first.term, through: 1)] && statement.term != first.term)
                #expect(try await deliver(test.application, platform, kiosk) == first)
                let again = try await deliver(test.material, platform, kiosk)
                #expect(again.number == 2 && again.term == statement.term)
                #expect(try await platform.applications().map(\.status) == [.complete])
                // Added to, not made anew.
                let next = try PlatformBackup(data: platform.data).run(to: place)
                #expect(next == .init(through: 2, packets: 2, copied: 1))
                #expect(try await watermark(platform, kiosk) == 2)
            }
        }
    }

    @Test func whatWasOnItsWayBeginsAnewBehindARestoration() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            _ = try await tus.post(test.application)
            _ = try await tus.patch(test.application.header.id, test.application.sealed.prefix(200), at: 0)
            try await backup(platform) { place in
                let made = try PlatformBackup(data: platform.data).run(to: place)
                #expect(made.packets == 0)
                try await restore(platform, from: place)
                #expect(try await tus.head(test.application.header.id).status == 404)
                #expect(try await deliver(test.application, platform, kiosk).number == 1)
            }
        }
    }

    @Test func aBackupOfDamagedPacketsIsNone() async throws {
        try await with { platform, kiosk in
            let packet = try TestApplication(kiosk).application
            _ = try await deliver(packet, platform, kiosk)
            let file = platform.data.appendingPathComponent("packets").appendingPathComponent(packet.header.id.wireText)
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
            try await backup(platform) { place in
                #expect(throws: PlatformBackup.Damaged.self) { try PlatformBackup(data: platform.data).run(to: place) }
                #expect(!FileManager.default.fileExists(atPath: place.appendingPathComponent("platform.sqlite").path))
                let told = try await watermark(platform, kiosk)
                #expect(told == 0)
            }
        }
    }

    /// The data were lost, and somebody started the server on an empty directory: the nightly backup mustn't be the end of the good one.
    @Test func aBackupIsNotReplacedByOneThatHasLess() async throws {
        try await with { platform, kiosk in
            _ = try await deliver(try TestApplication(kiosk).application, platform, kiosk)
            try await backup(platform) { place in
                _ = try PlatformBackup(data: platform.data).run(to: place)
                let good = try Data(contentsOf: place.appendingPathComponent("platform.sqlite"))
                try await PlatformUnderTest.with { other in
                    let stranger = try await other.enrol("kiosk-1")
                    _ = try await deliver(try TestApplication(stranger).application, other, stranger)
                    #expect(throws: PlatformBackup.Refusal.self) { try PlatformBackup(data: other.data).run(to: place) }
                }
                let left = try Data(contentsOf: place.appendingPathComponent("platform.sqlite"))
                #expect(left == good)
                for own in [platform.data, platform.data.appendingPathComponent("backup")] {
                    #expect(throws: PlatformBackup.Refusal.self) { try PlatformBackup(data: platform.data).run(to: own) }
                }
                // What is left of a database would be mixed with the backup's.
                #expect(throws: PlatformBackup.Refusal.self) { try PlatformBackup.restore(from: place, to: platform.data) }
                #expect(throws: PlatformBackup.Refusal.self) {
                    try PlatformBackup.restore(from: platform.data.appendingPathComponent("none"), to: place)
                }
            }
        }
    }

    /// A backup by other means has the row of an upload, but not its bytes.
    @Test func anUploadWhoseBytesAreGoneBeginsAnew() async throws {
        try await with { platform, kiosk in
            let test = try TestApplication(kiosk)
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            _ = try await tus.post(test.application)
            _ = try await tus.patch(test.application.header.id, test.application.sealed.prefix(200), at: 0)
            let file = platform.data.appendingPathComponent("packets").appendingPathComponent(test.application.header.id.wireText)
            try FileManager.default.removeItem(at: file)
            #expect(try await tus.post(test.application).status == 201)
            #expect(try await deliver(test.application, platform, kiosk).number == 1)
        }
    }

    /// The kiosk's file rotted after the platform had taken it: its word is enough.
    @Test func aPacketThatThePlatformHasNeedsNoFile() async throws {
        try await with { platform, kiosk in
            let packet = try TestApplication(kiosk).application
            let first = try await deliver(packet, platform, kiosk)
            let missing = FileManager.default.temporaryDirectory.appendingPathComponent("none-\(UUID())")
            let again = try await uplink(platform, kiosk) {
                try await $0.deliver(file: missing, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest)
                    .signed.acknowledgement
            }
            #expect(again == first)
        }
    }

    @Test func onlyWhatWasGivenCanBeBackedUp() async throws {
        try await with { platform, kiosk in
            _ = try await deliver(try TestApplication(kiosk).application, platform, kiosk)
            let backup = try PlatformBackup(data: platform.data)
            let mark = try #require(try backup.lastMark())
            #expect(mark.number == 1 && PlatformBackup.Mark(mark.description) == mark)
            #expect(throws: PlatformError.self) { try backup.record(through: .init(term: mark.term, number: 2)) }
            // The same number of another life of the platform.
            #expect(throws: PlatformError.self) { try backup.record(through: .init(term: UUID(), number: 1)) }
            try backup.record(through: mark)
            #expect(try await watermark(platform, kiosk) == 1)
            #expect(throws: PlatformError.self) { try PlatformBackup(data: platform.data.appendingPathComponent("none")) }
        }
    }
}
