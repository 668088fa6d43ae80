internal import NIOFoundationEssentialsCompat
internal import Logging
internal import Foundation
internal import Hummingbird
internal import LocalAPI

/// The one way in which kioskd's servers answer.
enum JSONResponse {
    static func encode(_ value: some Encodable, status: HTTPResponse.Status = .ok, type: String = "application/json") throws -> Response {
        let bytes = ByteBuffer(data: try LocalJSON.encoder().encode(value))
        return Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: bytes))
    }

    static func problem(_ problem: LocalProblem) throws -> Response {
        try encode(problem, status: HTTPResponse.Status(code: problem.status), type: "application/problem+json")
    }
}

/// Turns what a handler throws into the one error shape; a cause that isn't a `LocalProblem` stays in the journal.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as LocalProblem {
            return try JSONResponse.problem(problem)
        } catch let error as HTTPError {
            return try JSONResponse.problem(
                LocalProblem(status: error.status.code, code: "http.\(error.status.code)", detail: error.status.reasonPhrase))
        } catch {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "cause": "\(error)"])
            return try JSONResponse.problem(LocalProblem(status: 500, code: "kiosk.internal", detail: "Try again; the journal has the cause."))
        }
    }
}
