import Foundation
import HTTPTypes
import Hummingbird
import Logging
import PlatformAPI
import ServiceLifecycle
import Synchronization
import Testing

/// A platform on loopback that says of itself and of its ledger what a test wants, and remembers what it was asked.
final class ScriptedPlatform: Sendable {
    struct State: Sendable {
        /// What it says unsigned: term, watermark, keys. Nil when a gateway says that it is down.
        var info: PlatformInfo?
        /// What it has, signed for whoever asks.
        var term: UUID
        var extents: [UUID: UInt64] = [:]
        var watermark: UInt64 = 0
        var trouble: LedgerTrouble?
        var infos = 0
        /// The terms of each question for its ledger.
        var questions: [[UUID]] = []
    }

    let signer = AcknowledgementSigner()
    private let state: Mutex<State>

    init(term: UUID) throws {
        let key = try signer.sign(SealingPrivateKey().publicKey, generation: 1)
        let info = PlatformInfo(
            sealingKeys: [key], acknowledgementKeys: [signer.publicKey], term: term, watermark: 0, maxPacketSize: 1 << 20,
            time: Date(timeIntervalSince1970: 1_800_000_000))
        state = Mutex(State(info: info, term: term))
    }

    var now: State { state.withLock { $0 } }

    func set(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
    }

    /// It tells the same in both places, as one that was started in that term does.
    func become(_ term: UUID, extents: [UUID: UInt64], watermark: UInt64 = 0) {
        set {
            $0.info?.term = term
            $0.info?.watermark = watermark
            ($0.term, $0.extents, $0.watermark) = (term, extents, watermark)
        }
    }

    /// Serves while the body runs, which is given its port.
    func serving(_ body: (Int) async throws -> Void) async throws {
        let router = Router()
        router.get("/v1/info") { _, _ in try self.info() }
        router.get("/v1/ledger") { request, _ in try self.ledger(request.uri.queryParameters) }
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "platform")
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: logger))
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        do { try await body(port) } catch { Issue.record(error) }
        running.cancel()
        _ = await running.result
    }

    private func info() throws -> Response {
        let info = state.withLock { state in
            state.infos += 1
            return state.info
        }
        guard let info else { return Self.page(.serviceUnavailable) }
        return Self.json(.ok, try PlatformJSON.encode(info))
    }

    private func ledger(_ query: Parameters) throws -> Response {
        let nonce = try #require(query["nonce"].flatMap { Data(hexadecimal: $0) })
        let terms = (query["terms"] ?? "").split(separator: ",").compactMap { UUID(wireText: $0) }
        let state = state.withLock { state in
            state.questions.append(terms)
            return state
        }
        let extents = terms.compactMap { term in state.extents[term].map { LedgerStatement.Extent(term: term, through: $0) } }
        let statement = LedgerStatement(kiosk: "kiosk-1", nonce: nonce, term: state.term, extents: extents, watermark: state.watermark)
        guard let trouble = state.trouble else { return Self.json(.ok, try PlatformJSON.encode(try signer.sign(statement))) }
        return try trouble.answer(statement, signer)
    }

    static func json(_ status: HTTPResponse.Status, _ body: Data, type: String = "application/json") -> Response {
        Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func page(_ status: HTTPResponse.Status) -> Response {
        json(status, Data("<html></html>".utf8), type: "text/html")
    }
}

/// What a kiosk may be told in the place of a statement.
enum LedgerTrouble: CaseIterable, Sendable {
    case signedByAnother, watermarkRaised, extentAdded, forAnotherKiosk, toAnotherQuestion, unavailable, refused, portal, garbage

    func answer(_ statement: LedgerStatement, _ signer: AcknowledgementSigner) throws -> Response {
        var statement = statement
        var signed = try signer.sign(statement)
        switch self {
        case .signedByAnother: signed = try AcknowledgementSigner().sign(statement)
        case .watermarkRaised: signed.statement.watermark += 1
        case .extentAdded: signed.statement.extents.append(.init(term: statement.term, through: 0))
        case .forAnotherKiosk:
            statement.kiosk = "kiosk-2"
            signed = try signer.sign(statement)
        case .toAnotherQuestion:
            statement.nonce = Data(repeating: 7, count: LedgerStatement.nonceSize)
            signed = try signer.sign(statement)
        case .unavailable: return ScriptedPlatform.page(.serviceUnavailable)
        case .refused:
            let problem = Problem(.unauthorised, status: 401, title: "No")
            return ScriptedPlatform.json(.unauthorized, try PlatformJSON.encode(problem), type: Problem.contentType)
        case .portal: return ScriptedPlatform.page(.ok)
        case .garbage: return ScriptedPlatform.json(.ok, Data("{}".utf8))
        }
        return ScriptedPlatform.json(.ok, try PlatformJSON.encode(signed))
    }
}
