import Foundation
import HTTPTypes
import Hummingbird
import Logging
import PlatformAPI
import PlatformClient
import ServiceLifecycle
import Testing

/// What a kiosk meets on a bad network: servers that answer, but are not the platform.
@Suite struct ImpostorTests {
    private struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var body: String
    }

    /// A server that says the same to every request.
    private func withImpostor(_ answer: Answer, _ body: (PlatformUplink) async throws -> Void) async throws {
        let router = Router()
        router.add(
            middleware: SameAnswer(response: {
                Response(
                    status: .init(code: answer.status), headers: answer.headers, body: .init(byteBuffer: ByteBuffer(string: answer.body)))
            }))
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "impostor")
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let uplink = try PlatformUplink(credential: Self.credential(port: port))
        do { try await body(uplink) } catch { Issue.record(error) }
        try await uplink.shutdown()
        running.cancel()
        _ = await running.result
    }

    private struct SameAnswer: RouterMiddleware {
        typealias Context = BasicRequestContext
        let response: @Sendable () -> Response

        func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
            response()
        }
    }

    /// The one that enrolled the kiosk.
    private static let platform = AcknowledgementSigner()

    private static func credential(port: Int) throws -> KioskCredential {
        try KioskCredential(
            kiosk: "kiosk-1", token: "kiosk-1.secret", platformURL: try #require(URL(string: "http://127.0.0.1:\(port)")),
            sealingKey: AcknowledgementSigner().sign(SealingPrivateKey().publicKey, generation: 1),
            acknowledgementKey: platform.publicKey, kioskKey: KioskPrivateKey().publicKey)
    }

    private func deliver(_ uplink: PlatformUplink) async throws {
        let header = PacketHeader(id: .v7(at: Date()), kind: .application, kiosk: "kiosk-1", sequence: 1)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("packet-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("sealed".utf8).write(to: file)
        _ = try await uplink.deliver(file: file, header: header, sealedDigest: Digest.sha256(Data("sealed".utf8)))
    }

    private static let problem = try? PlatformJSON.encode(Problem(.unavailable, status: 503, title: "Down"))

    @Test(arguments: [
        (200, "text/html", "<html>Please log in to the guest network</html>", UplinkError.notThePlatform),
        (201, "text/html", "<html></html>", .notThePlatform), (200, "application/json", "{}", .notThePlatform),
        (302, "text/html", "", .notThePlatform), (401, "text/html", "<html></html>", .notThePlatform), (404, "text/html", "", .notThePlatform),
        (511, "text/html", "log in", .notThePlatform), (500, "text/html", "", .notThePlatform),
        (503, "text/html", "", .unreachable), (502, "text/html", "", .unreachable), (429, "text/html", "", .unreachable),
    ])
    func anAnswerOfSomebodyElseIsNeverSuccess(_ status: Int, _ type: String, _ body: String, _ expected: UplinkError) async throws {
        var headers: HTTPFields = [.contentType: type]
        if status == 302 { headers[.location] = "/login" }
        try await withImpostor(Answer(status: status, headers: headers, body: body)) { uplink in
            await #expect(throws: expected) { try await deliver(uplink) }
            await #expect(throws: expected) { try await uplink.info() }
            await #expect(throws: expected) { try await uplink.items() }
        }
    }

    @Test func aProblemTellsWhenToComeBack() async throws {
        let body = String(decoding: try #require(Self.problem), as: UTF8.self)
        let answer = Answer(status: 503, headers: [.contentType: Problem.contentType, .retryAfter: "30"], body: body)
        try await withImpostor(answer) { uplink in
            await #expect(throws: UplinkError.retryable(after: .seconds(30), problem: .unavailable)) { try await deliver(uplink) }
        }
    }

    @Test func aGatewayTellsWhenToComeBack() async throws {
        let answer = Answer(status: 503, headers: [.contentType: "text/html", .retryAfter: "30"], body: "<html></html>")
        try await withImpostor(answer) { uplink in
            await #expect(throws: UplinkError.retryable(after: .seconds(30))) { try await deliver(uplink) }
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
        try await withImpostor(Answer(status: status, headers: [.contentType: Problem.contentType], body: body)) { uplink in
            await #expect(throws: isRejected ? UplinkError.rejected(problem) : .retryable(after: nil, problem: code)) { try await deliver(uplink) }
        }
    }

    /// A statement that was recorded, made for another kiosk or signed by somebody else makes nobody erase anything.
    @Test(arguments: [("kiosk-1", true), ("kiosk-2", true), ("kiosk-1", false)])
    func aLedgerThatWasNotAskedForIsNone(_ kiosk: String, _ isSigned: Bool) async throws {
        let nonce = Data(repeating: 1, count: LedgerStatement.nonceSize)
        let statement = LedgerStatement(kiosk: kiosk, nonce: nonce, term: UUID(), extents: [], watermark: 9)
        let signed = try (isSigned ? Self.platform : AcknowledgementSigner()).sign(statement)
        let answer = Answer(
            status: 200, headers: [.contentType: "application/json"], body: String(decoding: try PlatformJSON.encode(signed), as: UTF8.self))
        try await withImpostor(answer) { uplink in
            await #expect(throws: UplinkError.notThePlatform) { try await uplink.ledger(terms: []) }
        }
    }

    @Test func aRefusedCredentialIsSaid() async throws {
        let body = String(decoding: try PlatformJSON.encode(Problem(.unauthorised, status: 401, title: "No")), as: UTF8.self)
        try await withImpostor(Answer(status: 401, headers: [.contentType: Problem.contentType], body: body)) { uplink in
            await #expect(throws: UplinkError.unauthorised) { try await deliver(uplink) }
        }
    }

    @Test func nobodyThereIsUnreachable() async throws {
        // Port 1 of this machine has no listener.
        let uplink = try PlatformUplink(credential: Self.credential(port: 1))
        await #expect(throws: UplinkError.unreachable) { try await uplink.info() }
        try await uplink.shutdown()
    }

    /// What a kioskd does that finds a mistake in its configuration after it has made the uplink.
    @Test func anUplinkThatIsLetGoClosesItself() throws {
        _ = try PlatformUplink(credential: Self.credential(port: 1))
    }

    @Test func plainHTTPToAnotherMachineIsRefused() throws {
        var credential = try Self.credential(port: 1)
        credential.platformURL = try #require(URL(string: "http://city.example"))
        #expect(throws: UplinkError.insecureURL) { try PlatformUplink(credential: credential) }
    }
}
