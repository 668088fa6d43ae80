import Foundation
import KioskModel
import Logging
import NIOHTTP1
import Platform
import PlatformAPI
import PlatformClient
import Testing

/// Packets that come on a stick, or lie on the disk of a kiosk that is dead.
@Suite struct ImportTests {
    /// A stick, and a platform that runs.
    private func with(_ body: (PlatformUnderTest, TestKiosk, URL) async throws -> Void) async throws {
        try await PlatformUnderTest.with { platform in
            let stick = FileManager.default.temporaryDirectory.appendingPathComponent("stick-\(UUID())")
            try FileManager.default.createDirectory(at: stick, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: stick) }
            try await body(platform, try await platform.enrol("kiosk-1"), stick)
        }
    }

    private func put(_ packet: TestPacket, on stick: URL, bytes: Data? = nil) throws {
        try (bytes ?? packet.sealed).write(to: stick.appendingPathComponent("\(packet.header.id.wireText).sealed"))
    }

    private func `import`(_ places: [URL], to platform: PlatformUnderTest) async throws -> [PlatformImport.Item] {
        var logger = Logger(label: "import")
        logger.logLevel = .critical
        return try await PlatformImport(data: platform.data, catalogue: PlatformUnderTest.catalogue, logger: logger)
            .run(try PlatformImport.packets(in: places))
    }

    private func deliver(_ packet: TestPacket, _ platform: PlatformUnderTest, _ kiosk: TestKiosk) async throws -> Acknowledgement {
        var credential = kiosk.credential
        credential.platformURL = await platform.url
        let uplink = try PlatformUplink(credential: credential)
        let file = try packet.file()
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            let signed = try await uplink.deliver(file: file, header: packet.header, byteCount: packet.sealed.count, sealedDigest: packet.digest)
                .signed
            try await uplink.shutdown()
            return signed.acknowledgement
        } catch {
            try await uplink.shutdown()
            throw error
        }
    }

    private func stored(_ packet: TestPacket, _ platform: PlatformUnderTest) -> URL {
        platform.data.appendingPathComponent("packets/\(packet.header.id.wireText)")
    }

    @Test func whatIsOnTheStickIsTakenAndTheKioskHearsOfItLater() async throws {
        try await with { platform, kiosk, stick in
            let test = try TestApplication(kiosk)
            try put(test.material, on: stick)
            try put(test.application, on: stick)
            try Data("a note".utf8).write(to: stick.appendingPathComponent("read me.txt"))
            let items = try await `import`([stick], to: platform)
            #expect(items.map(\.outcome) == [.accepted, .accepted])
            #expect(items.map(\.id) == [test.application.header.id, test.material.header.id], "the application first")
            #expect(try await platform.applications().map(\.status) == [.complete])

            // The network is back: the kiosk delivers as if nothing had happened, and has the acknowledgement of the import.
            let acknowledgement = try await deliver(test.application, platform, kiosk)
            let number = try await platform.applications().first?.number
            #expect(acknowledgement.number == 1 && acknowledgement.applicationNumber == number)
            #expect(try await deliver(test.material, platform, kiosk).number == 2)
            #expect(try await platform.applications().count == 1)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.already, .already])
            #expect(try FileManager.default.contentsOfDirectory(atPath: platform.data.appendingPathComponent("packets").path).count == 2)
        }
    }

    /// The kiosk's own good copy must find the way open.
    @Test func aBadCopyIsNoVerdict() async throws {
        try await with { platform, kiosk, stick in
            let test = try TestApplication(kiosk, materialSize: 70_000)
            var flipped = test.application.sealed
            flipped[flipped.count / 2] ^= 1
            let bad: [Data] = [
                flipped, test.application.sealed.dropLast(), test.application.sealed + [0], Data(), Data("CKSP".utf8), Data(count: 600),
            ]
            for bytes in bad {
                try put(test.application, on: stick, bytes: bytes)
                let items = try await `import`([stick], to: platform)
                #expect(items.map(\.outcome) == [.damaged])
            }
            try FileManager.default.removeItem(at: stick.appendingPathComponent("\(test.application.header.id.wireText).sealed"))
            let elsewhere = try test.application.file()
            defer { try? FileManager.default.removeItem(at: elsewhere) }
            try FileManager.default.createSymbolicLink(at: stick.appendingPathComponent("link.sealed"), withDestinationURL: elsewhere)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.unreadable])
            #expect(try await platform.applications().isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: platform.data.appendingPathComponent("packets").path).isEmpty)

            #expect(try await deliver(test.application, platform, kiosk).number == 1)
            // A bad copy of what is there is no harm either.
            try FileManager.default.removeItem(at: stick.appendingPathComponent("link.sealed"))
            try put(test.application, on: stick, bytes: flipped)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.already])
        }
    }

    @Test func whatCannotBeTakenYetIsSaidAndTakenLater() async throws {
        try await with { platform, kiosk, stick in
            let test = try TestApplication(kiosk)
            try put(test.material, on: stick)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.applicationMissing])
            try put(test.application, on: stick)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.accepted, .accepted])

            // A kiosk that was enrolled with another platform, under a name that this one doesn't know.
            var stranger = kiosk
            stranger.credential.kiosk = "kiosk-9"
            try put(try TestApplication(stranger).application, on: stick)
            // A kiosk of that name, with a key that it never had.
            var thief = kiosk
            thief.key = try KioskPrivateKey()
            try put(try TestApplication(thief).application, on: stick)
            // What the catalogue doesn't have is refused, and not for good.
            try put(try TestApplication(kiosk) { $0.itemCode = "00000000MB0000000Y0000000000000" }.application, on: stick)
            let items = try await `import`([stick], to: platform)
            #expect(Set(items.map(\.outcome)) == [.already, .unknownKiosk, .missingKey, .rejected])
            #expect(items.first { $0.outcome == .rejected }?.reason == "unknown-item")
            #expect(try await platform.applications().count == 1)
        }
    }

    /// Half of it had come over the network before that went away.
    @Test func anUploadThatHadBegunIsOvertaken() async throws {
        try await with { platform, kiosk, stick in
            let test = try TestApplication(kiosk)
            _ = try await deliver(test.application, platform, kiosk)
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            #expect(try await tus.post(test.material).status == 201)
            #expect(try await tus.patch(test.material.header.id, test.material.sealed.prefix(100_000), at: 0).status == 204)
            try put(test.material, on: stick)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.accepted])
            // It doesn't know yet, and goes on where it was.
            let late = try await tus.patch(test.material.header.id, test.material.sealed.dropFirst(100_000).prefix(1000), at: 100_000)
            #expect(late.status == 409 && late.headers.first(name: Tus.uploadOffset) == "\(test.material.sealed.count)")
            #expect(try await deliver(test.material, platform, kiosk).number == 2)
            #expect(try Data(contentsOf: stored(test.material, platform)) == test.material.sealed)
        }
    }

    /// Over and over: an upload goes on in small pieces while the import overtakes it, and nothing of what was accepted is ever cut off.
    @Test func uploadAndImportAtOnceLeaveAWholePacket() async throws {
        try await with { platform, kiosk, stick in
            for _ in 0..<8 {
                let test = try TestApplication(kiosk, materialSize: 200_000)
                _ = try await deliver(test.application, platform, kiosk)
                let tus = RawTus(platform: platform, token: kiosk.token.reveal)
                #expect(try await tus.post(test.material).status == 201)
                try put(test.material, on: stick)
                async let items = `import`([stick], to: platform)
                var offset = 0
                while offset < test.material.sealed.count {
                    let answer = try await tus.patch(test.material.header.id, test.material.sealed.dropFirst(offset).prefix(4096), at: offset)
                    guard answer.status == 204 || answer.status == 409, let now = answer.headers.first(name: Tus.uploadOffset).flatMap({ Int($0) })
                    else {
                        Issue.record("\(answer.status)")
                        break
                    }
                    #expect(now >= offset, "the upload went back")
                    offset = now
                }
                let outcomes = try await items.map(\.outcome)
                #expect(outcomes.allSatisfy { $0.isThere })
                #expect(try Data(contentsOf: stored(test.material, platform)) == test.material.sealed)
                #expect(try await deliver(test.material, platform, kiosk).sealedDigest == test.material.digest)
                try FileManager.default.removeItem(at: stick.appendingPathComponent("\(test.material.header.id.wireText).sealed"))
            }
        }
    }

    @Test func oneImportAtATimeAndNothingIsLeftOfOneThatWasKilled() async throws {
        try await with { platform, kiosk, stick in
            let left = platform.data.appendingPathComponent("packets/\(UUID.v7(at: Date()).wireText).import")
            try Data("left".utf8).write(to: left)
            let lock = open(platform.data.appendingPathComponent("import.lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            #expect(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
            try put(try TestApplication(kiosk).application, on: stick)
            await #expect(throws: PlatformError.self) { try await `import`([stick], to: platform) }
            close(lock)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.accepted])
            #expect(!FileManager.default.fileExists(atPath: left.path))
        }
    }

    /// A disk of the platform's lost what it had acknowledged, and the stick has it.
    @Test func aStoredPacketThatIsDamagedIsMended() async throws {
        try await with { platform, kiosk, stick in
            let test = try TestApplication(kiosk)
            _ = try await deliver(test.application, platform, kiosk)
            try test.application.sealed.dropLast(10).write(to: stored(test.application, platform))
            try put(test.application, on: stick)
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.already])
            #expect(try Data(contentsOf: stored(test.application, platform)) == test.application.sealed)
        }
    }

    @Test func aKiosksOutboxIsTakenAsItLies() async throws {
        try await with { platform, kiosk, stick in
            let test = try TestApplication(kiosk)
            let payloads = stick.appendingPathComponent("payloads")
            try FileManager.default.createDirectory(at: payloads, withIntermediateDirectories: true)
            try put(test.application, on: payloads)
            // What no citizen was told of lies beside it, and isn't taken unless somebody names it.
            let orphans = stick.appendingPathComponent("orphans")
            try FileManager.default.createDirectory(at: orphans, withIntermediateDirectories: true)
            try put(try TestApplication(kiosk).application, on: orphans)
            try Data("torn".utf8).write(to: payloads.appendingPathComponent("\(UUID.v7(at: Date()).wireText).part"))
            await platform.interrupt()
            #expect(try await `import`([stick], to: platform).map(\.outcome) == [.accepted], "the server needn't run")
            try await platform.start()
            #expect(try await platform.applications().count == 1)
            #expect(throws: (any Error).self) {
                try PlatformImport(data: stick, catalogue: PlatformUnderTest.catalogue, logger: Logger(label: "none"))
            }
        }
    }
}
