import Crypto
import Foundation
import KioskModel
import NIOHTTP1
import Platform
import PlatformAPI
import Testing

@Suite struct UploadTests {
    private func with(
        limits: PlatformConfiguration.Limits = .init(), _ body: (PlatformUnderTest, RawTus, TestApplication) async throws -> Void
    ) async throws {
        try await PlatformUnderTest.with(limits: limits) { platform in
            let kiosk = try await platform.enrol("kiosk-1")
            try await body(platform, RawTus(platform: platform, token: kiosk.token.reveal), try TestApplication(kiosk))
        }
    }

    @Test func anUploadResumesWhereItStood() async throws {
        try await with { platform, tus, test in
            let packet = test.application
            let created = try await tus.post(packet)
            #expect(created.status == 201)
            #expect(created.headers.first(name: "Location") == "uploads/\(packet.header.id.wireText)")
            let half = packet.sealed.count / 2
            let first = try await tus.patch(packet.header.id, packet.sealed.prefix(half), at: 0)
            #expect(first.status == 204)
            #expect(first.headers.first(name: Tus.uploadOffset) == String(half))
            #expect(try await tus.acknowledgement(packet.header.id).problem?.code == .undecided)
            let head = try await tus.head(packet.header.id)
            #expect(head.status == 200)
            #expect(head.headers.first(name: Tus.uploadOffset) == String(half))
            #expect(head.headers.first(name: Tus.uploadLength) == String(packet.sealed.count))
            #expect(head.headers.first(name: "Cache-Control") == "no-store")
            #expect(try await tus.patch(packet.header.id, packet.sealed.dropFirst(half), at: half).status == 204)
            #expect(try await tus.acknowledgement(packet.header.id).status == 200)
            #expect(try await platform.applications().map(\.id) == [packet.header.id])
        }
    }

    @Test func aWrongOffsetIsAConflict() async throws {
        try await with { _, tus, test in
            let packet = test.application
            _ = try await tus.post(packet)
            _ = try await tus.patch(packet.header.id, packet.sealed.prefix(10), at: 0)
            for offset in [0, 9, 11] {
                let answer = try await tus.patch(packet.header.id, packet.sealed.prefix(5), at: offset)
                #expect(answer.status == 409)
                #expect(answer.problem?.code == .offsetConflict)
            }
            #expect(try await tus.offset(packet.header.id) == "10")
        }
    }

    @Test func announcingTwiceIsOneUpload() async throws {
        try await with { _, tus, test in
            let first = try await tus.post(test.application)
            let second = try await tus.post(test.application)
            #expect((first.status, second.status) == (201, 200))
            #expect(first.headers.first(name: "Location") == second.headers.first(name: "Location"))
            #expect(try await tus.post(test.application, length: test.application.sealed.count + 1).problem?.code == .uploadConflict)
            #expect(try await tus.post(test.application, digest: Digest.sha256(Data())).problem?.code == .uploadConflict)
        }
    }

    @Test(arguments: [("sha256", 32), ("sha1", 20)]) func aWrongChecksumKeepsNothing(_ algorithm: String, _ size: Int) async throws {
        try await with { _, tus, test in
            let packet = test.application
            let digest = algorithm == "sha1" ? Data(Insecure.SHA1.hash(data: packet.sealed)) : Data(SHA256.hash(data: packet.sealed))
            _ = try await tus.post(packet)
            func patch(_ checksum: String) async throws -> PlatformUnderTest.Answer {
                try await tus.patch(packet.header.id, packet.sealed, at: 0, [Tus.uploadChecksum: checksum])
            }
            let answer = try await patch("\(algorithm) \(Data(count: size).base64EncodedString())")
            #expect(answer.status == 460)
            #expect(answer.problem?.code == .checksumMismatch)
            #expect(try await tus.offset(packet.header.id) == "0")
            for wrong in ["md5 x", algorithm, "\(algorithm) \(Data(count: size - 1).base64EncodedString())", "\(algorithm) !"] {
                #expect(try await patch(wrong).status == 400)
            }
            #expect(try await patch("\(algorithm) \(digest.base64EncodedString())").status == 204)
            #expect(try await tus.acknowledgement(packet.header.id).status == 200)
        }
    }

    @Test func aWrongDigestDiscardsTheUploadSoThatItCanBeSentAgain() async throws {
        try await with { platform, tus, test in
            let packet = test.application
            _ = try await tus.post(packet)
            var damaged = packet.sealed
            damaged[200] ^= 1
            #expect(try await tus.patch(packet.header.id, damaged, at: 0).status == 460)
            #expect(try await tus.head(packet.header.id).status == 404)
            #expect(try await platform.applications().isEmpty)
            #expect(try await tus.post(packet).status == 201)
            #expect(try await tus.patch(packet.header.id, packet.sealed, at: 0).status == 204)
            #expect(try await platform.applications().count == 1)
        }
    }

    @Test func moreBytesThanAnnouncedAreRefused() async throws {
        try await with { _, tus, test in
            _ = try await tus.post(test.application)
            #expect(try await tus.patch(test.application.header.id, test.application.sealed + Data(count: 1), at: 0).status == 413)
            #expect(try await tus.offset(test.application.header.id) == "0")
        }
    }

    @Test func sizesAreLimited() async throws {
        var limits = PlatformConfiguration.Limits()
        limits.maxApplicationPacket = 2000
        limits.maxChecksummedPatch = 100
        limits.maxOpenUploads = 1
        try await with(limits: limits) { platform, tus, test in
            let packet = test.application
            #expect(try await tus.post(packet, length: 2001).status == 413)
            #expect(try await tus.post(packet).status == 201)
            let checksum = "sha256 " + Data(count: 32).base64EncodedString()
            #expect(try await tus.patch(packet.header.id, packet.sealed, at: 0, [Tus.uploadChecksum: checksum]).status == 413)
            let other = try TestApplication(try await platform.enrol("kiosk-2")).application
            let second = RawTus(platform: platform, token: try await platform.enrol("kiosk-1").token.reveal)
            let answer = try await second.post(other)
            #expect(answer.status == 429)
            #expect(answer.headers.first(name: "Retry-After") != nil)
        }
    }

    @Test(arguments: ["0", "-1", "+5", "1e3", "", "99999999999999999999", "0x10"]) func lengthsMustBePlainNumbers(_ length: String) async throws {
        try await with { platform, tus, test in
            let answer = try await platform.request(
                .POST, PlatformRoute.uploads, token: tus.token,
                [Tus.resumable: Tus.version, Tus.uploadLength: length, Tus.uploadMetadata: test.application.metadata.headerValue])
            #expect(answer.status == 400)
            #expect(answer.problem?.code == .badRequest)
        }
    }

    @Test func theProtocolIsKeptTo() async throws {
        try await with { platform, tus, test in
            let packet = test.application
            let options = try await platform.request(.OPTIONS, PlatformRoute.uploads)
            #expect(options.headers.first(name: Tus.extensionHeader) == "creation,termination,checksum,expiration")
            #expect(options.headers.first(name: Tus.checksumAlgorithm) == "sha1,sha256")
            let other = try await platform.request(.POST, PlatformRoute.uploads, token: tus.token, [Tus.resumable: "0.2.2"])
            #expect(other.status == 412)
            #expect(other.headers.first(name: Tus.versionHeader) == Tus.version)
            _ = try await tus.post(packet)
            #expect(try await tus.patch(packet.header.id, packet.sealed, at: 0, ["Content-Type": "text/plain"]).status == 415)
            #expect(try await tus.delete(packet.header.id).status == 204)
            #expect(try await tus.head(packet.header.id).status == 404)
            #expect(try await tus.delete(packet.header.id).status == 404)
        }
    }

    @Test func whatIsDecidedCanNotBeWithdrawn() async throws {
        try await with { _, tus, test in
            _ = try await tus.post(test.application)
            _ = try await tus.patch(test.application.header.id, test.application.sealed, at: 0)
            #expect(try await tus.delete(test.application.header.id).status == 409)
            #expect(try await tus.acknowledgement(test.application.header.id).status == 200)
        }
    }

    @Test func anotherKiosksUploadDoesNotExist() async throws {
        try await with { platform, tus, test in
            let id = test.application.header.id
            _ = try await tus.post(test.application)
            let stranger = RawTus(platform: platform, token: try await platform.enrol("kiosk-2").token.reveal)
            #expect(try await stranger.head(id).status == 404)
            #expect(try await stranger.patch(id, test.application.sealed, at: 0).status == 404)
            #expect(try await stranger.delete(id).status == 404)
            #expect(try await stranger.post(test.application).problem?.code == .uploadConflict)
            _ = try await tus.patch(id, test.application.sealed, at: 0)
            #expect(try await stranger.acknowledgement(id).status == 404)
            #expect(try await tus.acknowledgement(id).status == 200)
        }
    }

    @Test(arguments: [
        "/v1/uploads/..%2f..%2fkeys%2fsealing-1.key", "/v1/uploads/../keys/sealing-1.key", "/v1/uploads/%2e%2e", "/v1/uploads/x", "/v1/uploads/",
        "/v1/uploads/017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "/v1/nothing", "/", "/v1/acknowledgements/..%2fkeys",
    ])
    func pathsThatAreNoneAreProblems(_ path: String) async throws {
        try await with { platform, tus, _ in
            for method in [HTTPMethod.GET, .PATCH, .DELETE] {
                let answer = try await platform.request(
                    method, path, token: tus.token, [Tus.resumable: Tus.version, "Content-Type": Tus.contentType, Tus.uploadOffset: "0"])
                #expect([404, 405].contains(answer.status))
                #expect(answer.headers.first(name: "Content-Type") == Problem.contentType)
                #expect(answer.problem?.status == answer.status)
            }
        }
    }
}
