import Foundation
import HTTPTypes
import PlatformAPI
import PlatformClient
import Testing

/// What a kiosk meets on a bad network: servers that answer, but are not the platform.
@Suite struct ImpostorTests {
    private let kiosk = LoneKiosk()

    /// A server that says the same to every request.
    private func withImpostor(_ answer: Peer.Answer, _ body: (PlatformUplink) async throws -> Void) async throws {
        try await Peer.serving({ _ in answer }) { _, port in try await with(port, body) }
    }

    private func with(_ port: Int, _ body: (PlatformUplink) async throws -> Void) async throws {
        let uplink = try PlatformUplink(credential: kiosk.credential("http://127.0.0.1:\(port)"))
        do { try await body(uplink) } catch { Issue.record(error) }
        try await uplink.shutdown()
    }

    private static let problem = try? PlatformJSON.encode(Problem(.unavailable, status: 503, title: "Down"))

    @Test(arguments: [
        (200, "text/html", "<html>Please log in to the guest network</html>", UplinkError.notThePlatform),
        (201, "text/html", "<html></html>", .notThePlatform), (200, "application/json", "{}", .notThePlatform),
        (302, "text/html", "", .notThePlatform), (401, "text/html", "<html></html>", .notThePlatform), (404, "text/html", "", .notThePlatform),
        (511, "text/html", "log in", .notThePlatform), (500, "text/html", "", .notThePlatform), (407, "text/html", "", .notThePlatform),
        (204, "text/html", "", .notThePlatform), (301, "text/html", "", .notThePlatform), (307, "text/html", "", .notThePlatform),
        (308, "text/html", "", .notThePlatform), (403, "text/html", "", .notThePlatform),
        (503, "text/html", "", .unreachable), (502, "text/html", "", .unreachable), (429, "text/html", "", .unreachable),
    ])
    func anAnswerOfSomebodyElseIsNeverSuccess(_ status: Int, _ type: String, _ body: String, _ expected: UplinkError) async throws {
        var headers: HTTPFields = [.contentType: type]
        if (300..<400).contains(status) { headers[.location] = "/login" }
        try await withImpostor(Peer.Answer(status: status, headers: headers, body: body)) { uplink in
            await #expect(throws: expected) { try await kiosk.deliver(uplink) }
            await #expect(throws: expected) { try await uplink.info() }
            await #expect(throws: expected) { try await uplink.items() }
        }
    }

    /// A redirect would carry the kiosk's token to whoever it names.
    @Test(arguments: [301, 302, 303, 307, 308]) func nobodyIsFollowedElsewhere(_ status: Int) async throws {
        try await Peer.serving({ _ in .page(200) }) { elsewhere, port in
            let location = "http://127.0.0.1:\(port)/login"
            try await withImpostor(Peer.Answer(status: status, headers: [.location: location])) { uplink in
                await #expect(throws: UplinkError.notThePlatform) { try await kiosk.deliver(uplink) }
                await #expect(throws: UplinkError.notThePlatform) { try await uplink.info() }
                await #expect(throws: UplinkError.notThePlatform) { try await uplink.ledger(terms: []) }
            }
            #expect(elsewhere.lines == [])
        }
    }

    /// A portal that comes in between at any step of an upload that the platform took part in before.
    @Test(arguments: [HTTPRequest.Method.post, .head, .patch, .get], [200, 204, 302, 407, 511])
    func aPortalInTheMiddleOfAnUploadIsNoSuccess(_ step: HTTPRequest.Method, _ status: Int) async throws {
        let answer: @Sendable (Peer.Question) throws -> Peer.Answer = { question in
            switch question.method {
            case step: status == 204 ? Peer.Answer(status: 204) : .page(status)
            case .post: try .stands(200, at: 0, of: 6, location: "/v1/uploads/1")
            case .head: try .stands(200, at: 0, of: 6)
            default: try .stands(204, at: 6, of: 6)
            }
        }
        try await Peer.serving(answer) { peer, port in
            try await with(port) { uplink in
                await #expect(throws: UplinkError.notThePlatform) { try await kiosk.deliver(uplink) }
            }
            let before = [HTTPRequest.Method.post, .head, .patch, .get]
            #expect(peer.asked.map(\.method) == Array(before.prefix { $0 != step }) + [step])
        }
    }

    @Test func aProblemTellsWhenToComeBack() async throws {
        let body = String(decoding: try #require(Self.problem), as: UTF8.self)
        let answer = Peer.Answer(status: 503, headers: [.contentType: Problem.contentType, .retryAfter: "30"], body: body)
        try await withImpostor(answer) { uplink in
            await #expect(throws: UplinkError.retryable(after: .seconds(30), problem: .unavailable)) { try await kiosk.deliver(uplink) }
        }
    }

    @Test func aGatewayTellsWhenToComeBack() async throws {
        let answer = Peer.Answer(status: 503, headers: [.contentType: "text/html", .retryAfter: "30"], body: "<html></html>")
        try await withImpostor(answer) { uplink in
            await #expect(throws: UplinkError.retryable(after: .seconds(30))) { try await kiosk.deliver(uplink) }
        }
    }

    /// A request that was damaged on its way is answered so too: that says nothing of the packet.
    @Test(arguments: [
        (400, Problem.Code.badRequest, false), (404, .notFound, false), (412, .tusVersion, false), (415, .unsupportedMediaType, false),
        (413, .tooLarge, true), (422, .packetRejected, true), (409, .uploadConflict, true),
    ])
    func onlyAVerdictOnThePacketRejectsIt(_ status: Int, _ code: Problem.Code, _ isRejected: Bool) async throws {
        let problem = Problem(code, status: status, title: "No")
        let body = String(decoding: try PlatformJSON.encode(problem), as: UTF8.self)
        try await withImpostor(Peer.Answer(status: status, headers: [.contentType: Problem.contentType], body: body)) { uplink in
            await #expect(throws: isRejected ? UplinkError.rejected(problem) : .retryable(after: nil, problem: code)) {
                try await kiosk.deliver(uplink)
            }
        }
    }

    /// A statement that was recorded, made for another kiosk or signed by somebody else makes nobody erase anything.
    @Test(arguments: [("kiosk-1", true), ("kiosk-2", true), ("kiosk-1", false)])
    func aLedgerThatWasNotAskedForIsNone(_ kiosk: String, _ isSigned: Bool) async throws {
        let nonce = Data(repeating: 1, count: LedgerStatement.nonceSize)
        let statement = LedgerStatement(kiosk: kiosk, nonce: nonce, term: UUID(), extents: [], watermark: 9)
        let signed = try (isSigned ? self.kiosk.platform : AcknowledgementSigner()).sign(statement)
        let answer = Peer.Answer(
            status: 200, headers: [.contentType: "application/json"], body: String(decoding: try PlatformJSON.encode(signed), as: UTF8.self))
        try await withImpostor(answer) { uplink in
            await #expect(throws: UplinkError.notThePlatform) { try await uplink.ledger(terms: []) }
        }
    }

    @Test func aRefusedCredentialIsSaid() async throws {
        let body = String(decoding: try PlatformJSON.encode(Problem(.unauthorised, status: 401, title: "No")), as: UTF8.self)
        try await withImpostor(Peer.Answer(status: 401, headers: [.contentType: Problem.contentType], body: body)) { uplink in
            await #expect(throws: UplinkError.unauthorised) { try await kiosk.deliver(uplink) }
        }
    }

    @Test func nobodyThereIsUnreachable() async throws {
        // Port 1 of this machine has no listener.
        let uplink = try PlatformUplink(credential: kiosk.credential("http://127.0.0.1:1"))
        await #expect(throws: UplinkError.unreachable) { try await uplink.info() }
        try await uplink.shutdown()
    }

    /// What a kioskd does that finds a mistake in its configuration after it has made the uplink.
    @Test func anUplinkThatIsLetGoClosesItself() throws {
        _ = try PlatformUplink(credential: kiosk.credential("http://127.0.0.1:1"))
    }

    @Test func plainHTTPToAnotherMachineIsRefused() throws {
        var credential = try kiosk.credential("http://127.0.0.1:1")
        credential.platformURL = try #require(URL(string: "http://city.example"))
        #expect(throws: UplinkError.insecureURL) { try PlatformUplink(credential: credential) }
    }
}
