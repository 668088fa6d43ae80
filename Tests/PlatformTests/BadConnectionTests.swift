import Foundation
import KioskModel
import Platform
import PlatformAPI
import Testing

/// Requests that end in the middle, or take for ever: written byte by byte on a socket, as no HTTP client would.
@Suite struct BadConnectionTests {
    private func withSocket(
        limits: PlatformConfiguration.Limits = .init(), _ body: (PlatformUnderTest, RawTus, TestPacket, TestSocket) async throws -> Void
    ) async throws {
        try await PlatformUnderTest.with(limits: limits) { platform in
            let kiosk = try await platform.enrol("kiosk-1")
            let tus = RawTus(platform: platform, token: kiosk.token.reveal)
            let packet = try TestApplication(kiosk).application
            try await body(platform, tus, packet, try TestSocket(port: try #require(await platform.url.port)))
        }
    }

    private func patchHead(_ tus: RawTus, _ packet: TestPacket, checksum: Bool = false) -> Data {
        var digest = Digest()
        digest.update(packet.sealed)
        let lines =
            [
                "PATCH \(PlatformRoute.upload(packet.header.id)) HTTP/1.1", "Host: localhost", "Authorization: Bearer \(tus.token)",
                "Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Content-Type: \(Tus.contentType)", "Content-Length: \(packet.sealed.count)",
            ] + (checksum ? ["Upload-Checksum: sha256 \(digest.bytes.base64EncodedString())"] : [])
        return Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Polls until the request that was cut off has let go of the upload.
    private func settledOffset(_ tus: RawTus, _ packet: TestPacket, expected: Int) async throws -> String? {
        let deadline = ContinuousClock.now + .seconds(20)
        var offset = try await tus.offset(packet.header.id)
        while offset != String(expected), ContinuousClock.now < deadline { offset = try await tus.offset(packet.header.id) }
        return offset
    }

    @Test func whatArrivedBeforeTheCutIsKept() async throws {
        try await withSocket { platform, tus, packet, socket in
            _ = try await tus.post(packet)
            let half = packet.sealed.count / 2
            try socket.write(patchHead(tus, packet) + packet.sealed.prefix(half))
            socket.close()
            #expect(try await settledOffset(tus, packet, expected: half) == String(half))
            var answer = try await tus.patch(packet.header.id, packet.sealed.dropFirst(half), at: half)
            let deadline = ContinuousClock.now + .seconds(20)
            while answer.status == 423, ContinuousClock.now < deadline {
                answer = try await tus.patch(packet.header.id, packet.sealed.dropFirst(half), at: half)
            }
            #expect(answer.status == 204)
            #expect(try await platform.applications().count == 1)
        }
    }

    @Test func aCutBodyWithAChecksumCountsForNothing() async throws {
        try await withSocket { platform, tus, packet, socket in
            _ = try await tus.post(packet)
            try socket.write(patchHead(tus, packet, checksum: true) + packet.sealed.prefix(packet.sealed.count / 2))
            socket.close()
            var answer = try await tus.patch(packet.header.id, packet.sealed, at: 0)
            let deadline = ContinuousClock.now + .seconds(20)
            while answer.status == 423, ContinuousClock.now < deadline { answer = try await tus.patch(packet.header.id, packet.sealed, at: 0) }
            #expect(answer.status == 204)
            #expect(try await tus.acknowledgement(packet.header.id).status == 200)
        }
    }

    @Test func aBodyThatTakesTooLongIsEnded() async throws {
        var limits = PlatformConfiguration.Limits()
        limits.bodyTimeout = .zero
        try await withSocket(limits: limits) { _, tus, packet, socket in
            _ = try await tus.post(packet)
            try socket.write(patchHead(tus, packet) + packet.sealed.prefix(100))
            #expect(try socket.read().hasPrefix("HTTP/1.1 408"))
            #expect(try await tus.offset(packet.header.id) == "100")
            socket.close()
        }
    }

    @Test func aSilentConnectionIsClosed() async throws {
        var limits = PlatformConfiguration.Limits()
        limits.idleTimeout = .milliseconds(200)
        try await withSocket(limits: limits) { _, _, _, socket in
            try socket.write(Data("GET /v1/health HTT".utf8))
            #expect(try socket.read().isEmpty)
            socket.close()
        }
    }

    @Test func hugeHeadersAreRefused() async throws {
        try await withSocket { _, _, _, socket in
            try socket.write(Data("GET /v1/health HTTP/1.1\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n".utf8))
            #expect(try socket.read().hasPrefix("HTTP/1.1 400"))
            socket.close()
        }
    }
}

/// A blocking TCP connection to this machine that waits 20 seconds at most.
final class TestSocket {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        try #require(result == 0)
    }

    func write(_ bytes: Data) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
    }

    /// The next bytes; empty when the other side closed.
    func read() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        try #require(count >= 0, "no answer in time")
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    func close() {
        Foundation.close(descriptor)
    }
}
