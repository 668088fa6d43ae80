import Foundation
import HTTPTypes
import Hummingbird
import Logging
import PlatformAPI

/// A problem with the header fields that go with it.
struct ProblemResponse: Error {
    var problem: Problem
    var headers: HTTPFields

    init(_ code: Problem.Code, _ status: Int, _ title: String, detail: String? = nil, reason: RejectionReason? = nil, headers: HTTPFields = [:]) {
        problem = Problem(code, status: status, title: title, detail: detail, reason: reason?.rawValue)
        self.headers = headers
    }

    static func retry(_ code: Problem.Code, _ status: Int, _ title: String, after seconds: Int) -> ProblemResponse {
        ProblemResponse(code, status, title, headers: [.retryAfter: String(seconds)])
    }
}

/// Turns every error, and every answer that the router makes by itself, into problem+json; and marks each answer as not to be cached or sniffed.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = PlatformRequestContext

    /// Methods of each path pattern, to tell "no such method" from "no such path".
    let routes: RouteTable

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as ProblemResponse {
            response = Self.response(error)
        } catch let error as any HTTPResponseError {
            response = Self.response(problem(for: error.status, request))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The type alone: an error's text may quote what it choked on.
            context.logger.error("request failed", metadata: ["error": "\(type(of: error))", "route": "\(context.endpointPath ?? "-")"])
            response = Self.response(.retry(.internalError, 500, "The platform failed; the request may be repeated.", after: 5))
        }
        // A body after a HEAD's answer would be read as the next answer.
        if request.method == .head { response = Response(status: response.status, headers: response.headers, body: .init()) }
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private func problem(for status: HTTPResponse.Status, _ request: Request) -> ProblemResponse {
        guard status == .notFound else { return ProblemResponse(.badRequest, status.code, "The request can't be understood.") }
        let allowed = routes.methods(for: request.uri.path)
        guard !allowed.isEmpty else { return ProblemResponse(.notFound, 404, "There is nothing here.") }
        return ProblemResponse(
            .methodNotAllowed, 405, "This method does not exist here.", headers: [.allow: allowed.map(\.rawValue).sorted().joined(separator: ", ")])
    }

    private static func response(_ error: ProblemResponse) -> Response {
        var headers = error.headers
        headers[.contentType] = Problem.contentType
        // Encoding a problem can't fail: it holds texts and a number.
        let body = (try? PlatformJSON.encode(error.problem)) ?? Data()
        return Response(
            status: .init(code: error.problem.status, reasonPhrase: error.problem.status == Tus.checksumMismatch ? "Checksum Mismatch" : ""),
            headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}

/// The routes a server has, as OpenAPI writes them: `/v1/uploads/{id}`.
struct RouteTable: Sendable {
    let entries: [(method: HTTPRequest.Method, path: String)]

    func methods(for path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        return entries.filter { entry in
            let pattern = entry.path.split(separator: "/")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }.map(\.method)
    }
}
