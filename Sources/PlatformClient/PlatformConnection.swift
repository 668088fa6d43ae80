import AsyncHTTPClient
import Foundation
import KioskModel
import NIOCore
import NIOHTTP1
import NIOSSL
import PlatformAPI

/// One request, one answer, and the judgement whether the answer comes from the platform at all.
struct PlatformConnection: Sendable {
    /// bytes. What the platform says is shorter by far, but the catalogue of a large city.
    private static let longestAnswer = 4 << 20

    let base: String
    let token: Redacted<String>
    let client: HTTPClient
    /// The longest that one request may take, its whole answer included.
    let deadline: Duration
    /// Where requests are made and answered.
    let executor: LoopExecutor

    init(base: String, token: Redacted<String>, client: HTTPClient, deadline: Duration) {
        self.base = base
        self.token = token
        self.client = client
        self.deadline = deadline
        executor = LoopExecutor(client.eventLoopGroup.any())
    }

    /// An answer that the platform gave; anything else was turned into an `UplinkError`.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: Data
    }

    /// The URL of one of `PlatformRoute`'s paths.
    func url(_ path: String) -> String { base + path }

    func get<Value: Decodable>(_ path: String, as type: Value.Type) async throws -> Value { try await read(path, as: type).value }

    /// - Returns: also what was read
    func read<Value: Decodable>(_ path: String, as type: Value.Type) async throws -> (value: Value, bytes: Data) {
        let answer = try await send(.GET, url(path))
        guard answer.status == 200 else { throw Self.failure(answer) }
        guard Self.mediaType(answer) == "application/json", let value = try? PlatformJSON.decode(type, from: answer.body) else {
            throw UplinkError.notThePlatform
        }
        return (value, answer.body)
    }

    /// A tus request. Only an answer that speaks tus, or a problem, comes from the platform.
    func tus(_ method: HTTPMethod, _ url: String, _ headers: [(String, String)] = [], body: ByteBuffer? = nil) async throws -> Answer {
        let answer = try await send(method, url, [(Tus.resumable, Tus.version)] + headers, body: body)
        if (200..<300).contains(answer.status), answer.headers.first(name: Tus.resumable) != Tus.version { throw UplinkError.notThePlatform }
        return answer
    }

    private func send(_ method: HTTPMethod, _ url: String, _ headers: [(String, String)] = [], body: ByteBuffer? = nil) async throws -> Answer {
        do {
            let all = HTTPHeaders([("Authorization", "Bearer " + token.reveal)] + headers)
            return try await exchange(try HTTPClient.Request(url: url, method: method, headers: all, body: body.map { .byteBuffer($0) }))
        } catch is ResponseAccumulator.ResponseTooBigError {
            throw UplinkError.notThePlatform
        } catch {
            // Cancelled by somebody else than the deadline.
            if Task.isCancelled { throw CancellationError() }
            throw Self.isOfAnother(error) ? UplinkError.notThePlatform : .unreachable
        }
    }

    /// Whether somebody was there, but couldn't prove to be the platform: a certificate of nobody that this machine trusts or of another name, or no TLS at all.
    /// A handshake that merely broke off says nothing of who it was.
    private static func isOfAnother(_ error: any Error) -> Bool {
        switch error {
        case let error as NIOSSLExtraError: error == .failedToValidateHostname
        case NIOSSLError.handshakeFailed(.sslError(let stack)):
            !stack.contains(.eofDuringHandshake) && !stack.contains(.eofDuringAdditionalCertficiateChainValidation)
        case NIOSSLError.unableToValidateCertificate, NIOSSLError.noCertificateToValidate: true
        default: false
        }
    }

    private func exchange(_ request: HTTPClient.Request) async throws -> Answer {
        let work = client.execute(
            request: request, delegate: ResponseAccumulator(request: request, maxBodySize: Self.longestAnswer),
            eventLoop: .delegate(on: executor.loop), deadline: .now() + TimeAmount(deadline))
        let response = try await withTaskCancellationHandler {
            try await work.get()
        } onCancel: {
            work.cancel()
        }
        return Answer(status: Int(response.status.code), headers: response.headers, body: response.body.map { Data($0.readableBytesView) } ?? Data())
    }

    /// What an answer other than success means.
    static func failure(_ answer: Answer) -> UplinkError {
        let after = retryAfter(answer.headers)
        guard let problem = problem(answer), problem.status == answer.status else {
            // A gateway before the platform may say when to come back, or only that the platform can't be reached. Whoever says anything else
            // isn't the platform.
            guard [429, 502, 503, 504].contains(answer.status) else { return .notThePlatform }
            return after.map { .retryable(after: $0) } ?? .unreachable
        }
        switch (answer.status, problem.code) {
        case (401, _), (403, .unauthorised): return .unauthorised
        case (_, .packetRejected), (_, .tooLarge), (_, .uploadConflict): return .rejected(problem)
        // Of the packet itself nothing was said: the request was damaged on its way, or comes too early, or the platform has a bad day.
        default: return .retryable(after: after, problem: problem.code)
        }
    }

    /// How long somebody wants us to stay away: seconds, or a date by the clock of whoever answered, as the kiosk's own may be wrong.
    private static func retryAfter(_ headers: HTTPHeaders) -> Duration? {
        guard let text = headers.first(name: "Retry-After") else { return nil }
        let seconds =
            Int64(text).map(Double.init)
            ?? HTTPDate.date(text).map { date in
                date.timeIntervalSince(headers.first(name: "Date").flatMap(HTTPDate.date) ?? Date())
            }
        return seconds.map { .seconds(max(0, min($0, 86_400))) }
    }

    /// Nil when the platform doesn't say this. The answer to HEAD has no body, and another tus server than ours says it in its own words: then the status alone tells.
    private static func problem(_ answer: Answer) -> Problem? {
        let isProblem = mediaType(answer) == Problem.contentType
        if isProblem, let problem = try? PlatformJSON.decode(Problem.self, from: answer.body) { return problem }
        guard isProblem && answer.body.isEmpty || answer.headers.first(name: Tus.resumable) == Tus.version else { return nil }
        let code: Problem.Code =
            switch answer.status {
            case 401, 403: .unauthorised
            case 404, 410: .notFound
            case 412: .tusVersion
            case 500...: .internalError
            default: .badRequest
            }
        return Problem(code, status: answer.status, title: "A tus request was answered with \(answer.status).")
    }

    private static func mediaType(_ answer: Answer) -> String? {
        answer.headers.first(name: "Content-Type")?.split(separator: ";").first?.split(whereSeparator: \.isWhitespace).first?.lowercased()
    }
}
