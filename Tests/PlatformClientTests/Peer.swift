import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOSSL
import PlatformAPI
import PlatformClient
import ServiceLifecycle
import Synchronization
import Testing

/// Whoever answers in the platform's place, on loopback. It remembers what it was asked.
final class Peer: Sendable {
    struct Question: Sendable {
        var method: HTTPRequest.Method
        /// With its query.
        var target: String
        var headers: HTTPFields
        /// The one that was asked, in decimals.
        var port: String
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields = [:]
        var body = ""

        static func page(_ status: Int, _ body: String = "<html>Please log in to the guest network</html>") -> Self {
            Self(status: status, headers: [.contentType: "text/html"], body: body)
        }

        static func tus(_ status: Int, _ headers: HTTPFields = [:]) throws -> Self {
            var headers = headers
            headers[try field(Tus.resumable)] = Tus.version
            return Self(status: status, headers: headers)
        }

        /// Of an upload.
        static func stands(_ status: Int, at offset: Int, of length: Int, location: String? = nil) throws -> Self {
            var answer = try tus(status, [try field(Tus.uploadOffset): String(offset), try field(Tus.uploadLength): String(length)])
            answer.headers[.location] = location
            return answer
        }

        private static func field(_ name: String) throws -> HTTPField.Name { try #require(HTTPField.Name(name)) }
    }

    private let questions = Mutex<[Question]>([])
    private let answer: @Sendable (Question) throws -> Answer

    private init(_ answer: @escaping @Sendable (Question) throws -> Answer) {
        self.answer = answer
    }

    var asked: [Question] { questions.withLock { $0 } }
    /// Each as `METHOD target`.
    var lines: [String] { asked.map { "\($0.method.rawValue) \($0.target)" } }

    /// Serves while the body runs.
    /// - Parameter tls: nil for plain HTTP
    static func serving(
        tls: TLSConfiguration? = nil, _ answer: @escaping @Sendable (Question) throws -> Answer, _ body: (Peer, _ port: Int) async throws -> Void
    ) async throws {
        let peer = Peer(answer)
        let router = Router()
        router.add(middleware: Taking(peer: peer))
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "peer")
        logger.logLevel = .critical
        let application = Application(
            router: router, server: try tls.map { try .tls(tlsConfiguration: $0) } ?? .http1(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        do { try await body(peer, port) } catch { Issue.record(error) }
        running.cancel()
        _ = await running.result
    }

    private struct Taking: RouterMiddleware {
        typealias Context = BasicRequestContext
        let peer: Peer

        func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
            let port = request.head.authority?.split(separator: ":").last ?? ""
            let question = Question(method: request.method, target: request.uri.description, headers: request.headers, port: String(port))
            // Read to its end, as any server does before it answers.
            for try await _ in request.body {}
            peer.questions.withLock { $0.append(question) }
            let answer = try peer.answer(question)
            // A body after a HEAD's answer would be read as the next answer.
            let body = request.method == .head ? "" : answer.body
            return Response(status: .init(code: answer.status), headers: answer.headers, body: .init(byteBuffer: ByteBuffer(string: body)))
        }
    }
}

/// A kiosk that is enrolled with a platform which isn't there.
struct LoneKiosk: Sendable {
    /// The one that enrolled the kiosk.
    let platform = AcknowledgementSigner()

    func credential(_ url: String) throws -> KioskCredential {
        try KioskCredential(
            kiosk: "kiosk-1", token: "kiosk-1.secret", platformURL: try #require(URL(string: url)),
            sealingKey: AcknowledgementSigner().sign(SealingPrivateKey().publicKey, generation: 1),
            acknowledgementKey: platform.publicKey, kioskKey: KioskPrivateKey().publicKey)
    }

    /// Delivers what stands for a sealed packet, of 6 bytes.
    @discardableResult
    func deliver(_ uplink: PlatformUplink, id: UUID = .v7(at: Date())) async throws -> DeliveredPacket {
        let header = PacketHeader(id: id, kind: .application, kiosk: "kiosk-1", sequence: 1)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("packet-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("sealed".utf8).write(to: file)
        return try await uplink.deliver(file: file, header: header, byteCount: 6, sealedDigest: Digest.sha256(Data("sealed".utf8)))
    }
}
