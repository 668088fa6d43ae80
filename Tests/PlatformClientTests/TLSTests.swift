import AsyncHTTPClient
import Foundation
import HTTPTypes
import NIOSSL
import PlatformAPI
import PlatformClient
import Testing

/// Intercepted TLS: whoever can't prove to be the platform gets no request to see, and so no token.
@Suite struct TLSTests {
    private let kiosk = LoneKiosk()

    /// A platform that says of itself what it is.
    private static func info() throws -> Peer.Answer {
        let info = PlatformInfo(
            sealingKeys: [], acknowledgementKeys: [], term: UUID(), watermark: 0, maxPacketSize: 1, time: Date(timeIntervalSince1970: 1_800_000_000))
        return Peer.Answer(
            status: 200, headers: [.contentType: "application/json"], body: String(decoding: try PlatformJSON.encode(info), as: UTF8.self))
    }

    /// An uplink of a kiosk whose machine trusts these authorities alone; nil for those of the system.
    private func with(
        _ port: Int, trusting authorities: TestCertificate? = nil, _ body: (PlatformUplink) async throws -> Void
    ) async throws {
        let credential = try kiosk.credential("https://127.0.0.1:\(port)")
        guard let authorities else {
            let uplink = try PlatformUplink(credential: credential)
            do { try await body(uplink) } catch { Issue.record(error) }
            return try await uplink.shutdown()
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(authorities.certificate.path)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do { try await body(try PlatformUplink(credential: credential, httpClient: client)) } catch { Issue.record(error) }
        try await client.shutdown()
    }

    private func expectNothing(of peer: Peer, _ port: Int, trusting authorities: TestCertificate? = nil) async throws {
        try await with(port, trusting: authorities) { uplink in
            await #expect(throws: UplinkError.notThePlatform) { try await uplink.info() }
            await #expect(throws: UplinkError.notThePlatform) { try await kiosk.deliver(uplink) }
            await #expect(throws: UplinkError.notThePlatform) { try await uplink.ledger(terms: []) }
        }
        #expect(peer.lines == [], "it was sent a request")
    }

    /// What shows that the others fail for their certificate.
    @Test func aCertificateOfTheRightAuthorityIsBelieved() async throws {
        try await TestCertificate.with { authority in
            let server = try authority.issue("IP:127.0.0.1")
            try await Peer.serving(tls: server.configuration(), { _ in try Self.info() }) { peer, port in
                try await with(port, trusting: authority) { _ = try await $0.info() }
                #expect(peer.lines == ["GET /v1/info"])
            }
        }
    }

    @Test func aCertificateThatSignedItselfIsNot() async throws {
        try await TestCertificate.with { itself in
            try await Peer.serving(tls: itself.configuration(), { _ in try Self.info() }) { try await expectNothing(of: $0, $1) }
        }
    }

    /// An interceptor's, which it makes for whatever host is asked for: trusted neither by the system nor by a kiosk with an authority of its own.
    @Test func aCertificateOfAnotherAuthorityIsNot() async throws {
        try await TestCertificate.with { authority in
            try await TestCertificate.with { other in
                let server = try other.issue("IP:127.0.0.1")
                try await Peer.serving(tls: server.configuration(), { _ in try Self.info() }) { peer, port in
                    try await expectNothing(of: peer, port)
                    try await expectNothing(of: peer, port, trusting: authority)
                }
            }
        }
    }

    @Test(arguments: ["IP:127.0.0.2", "DNS:portal.example"]) func aCertificateOfAnotherNameIsNot(_ name: String) async throws {
        try await TestCertificate.with { authority in
            let server = try authority.issue(name)
            try await Peer.serving(tls: server.configuration(), { _ in try Self.info() }) { peer, port in
                try await expectNothing(of: peer, port, trusting: authority)
            }
        }
    }

    @Test func aCertificateThatHasExpiredIsNot() async throws {
        try await TestCertificate.with { authority in
            let server = try authority.issue("IP:127.0.0.1", days: -1)
            try await Peer.serving(tls: server.configuration(), { _ in try Self.info() }) { peer, port in
                try await expectNothing(of: peer, port, trusting: authority)
            }
        }
    }

    /// A portal that takes every port and knows no TLS.
    @Test func plainTextInThePlaceOfAHandshakeIsNot() async throws {
        try await Peer.serving({ _ in .page(200) }) { peer, port in
            try await with(port) { uplink in
                await #expect(throws: UplinkError.notThePlatform) { try await uplink.info() }
                await #expect(throws: UplinkError.notThePlatform) { try await kiosk.deliver(uplink) }
            }
            #expect(peer.lines == [])
        }
    }
}
