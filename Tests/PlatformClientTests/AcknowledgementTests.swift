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

    private func deliver(_ body: String) async throws -> DeliveredPacket {
        var delivered: DeliveredPacket?
        let json = Peer.Answer(status: 200, headers: [.contentType: "application/json"], body: body)
        try await Peer.serving({ $0.method == .get ? json : try .stands(200, at: 6, of: 6, location: "/v1/uploads/1") }) { _, port in
            let uplink = try PlatformUplink(credential: kiosk.credential("http://127.0.0.1:\(port)"))
            do { delivered = try await kiosk.deliver(uplink, id: id) } catch { Issue.record(error) }
            try await uplink.shutdown()
        }
        return try #require(delivered)
    }

    @Test func itIsKeptAsItCame() async throws {
        let room = try (16 << 10) - acknowledgement(padding: 0).utf8.count
        for padding in [10, room] {
            let body = try acknowledgement(padding: padding)
            let delivered = try await deliver(body)
            #expect(delivered.bytes == Data(body.utf8))
            #expect(delivered.signed.acknowledgement.id == id)
        }
    }

    @Test func ofOneThatIsFarTooLongWhatIsKnownIsKept() async throws {
        let room = try (16 << 10) - acknowledgement(padding: 0).utf8.count
        let delivered = try await deliver(acknowledgement(padding: room + 1))
        #expect(try PlatformJSON.decode(SignedAcknowledgement.self, from: delivered.bytes) == delivered.signed)
        #expect(delivered.bytes.count < 1000)
    }
}
