import Foundation
import HTTPTypes
import PlatformAPI
import PlatformClient
import Testing

/// What the platform signs is kept as it came, within reason.
@Suite struct AcknowledgementTests {
    private let kiosk = LoneKiosk()
    private let id = UUID.v7(at: Date())

    /// JSON of an acknowledgement in which a later version has something more to say.
    private func acknowledgement(padding count: Int) throws -> String {
        let signed = try kiosk.platform.sign(
            Acknowledgement(
                id: id, kiosk: "kiosk-1", sequence: 1, kind: .application, sealedDigest: Digest.sha256(Data("sealed".utf8)),
                plaintextDigest: Digest.sha256(Data("plain".utf8)), applicationNumber: nil, term: UUID(), number: 1,
                acceptedAt: Date(timeIntervalSince1970: 1_800_000_000)))
        let text = String(decoding: try PlatformJSON.encode(signed), as: UTF8.self)
        return "{ \"later\": \"" + String(repeating: "x", count: count) + "\", " + text.dropFirst()
    }

    private func deliver(_ body: String) async throws -> Result<DeliveredPacket, any Error> {
        var result: Result<DeliveredPacket, any Error>?
        let json = Peer.Answer(status: 200, headers: [.contentType: "application/json"], body: body)
        try await Peer.serving({ $0.method == .get ? json : try .stands(200, at: 6, of: 6, location: "/v1/uploads/1") }) { _, port in
            let uplink = try PlatformUplink(credential: kiosk.credential("http://127.0.0.1:\(port)"))
            do { result = .success(try await kiosk.deliver(uplink, id: id)) } catch { result = .failure(error) }
            try await uplink.shutdown()
        }
        return try #require(result)
    }

    @Test func itIsKeptAsItCame() async throws {
        let body = try acknowledgement(padding: 10)
        let delivered = try await deliver(body).get()
        #expect(delivered.bytes == Data(body.utf8))
        #expect(delivered.signed.acknowledgement.id == id)
    }

    @Test func oneWithoutEndIsNone() async throws {
        let body = try acknowledgement(padding: 16 << 10)
        await #expect(throws: UplinkError.notThePlatform) { try await deliver(body).get() }
    }
}
