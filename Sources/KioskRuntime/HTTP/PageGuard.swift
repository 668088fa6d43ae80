internal import HTTPTypes
public import Foundation
internal import Hummingbird
internal import LocalAPI
internal import Synchronization

/// The touchscreen server's own origin, known once it listens, and the way in.
public final class ServerOrigin: Sendable {
    let access: PageAccess
    private let port = Mutex<Int?>(nil)

    /// - Parameter tokenFile: keeps the page's token over a restart of kioskd
    public init(tokenFile: URL) throws {
        access = try PageAccess(tokenFile: tokenFile)
    }

    func listening(on port: Int) {
        self.port.withLock { $0 = port }
    }

    /// `127.0.0.1:<port>`
    var host: String? { port.withLock { $0 }.map { "127.0.0.1:\($0)" } }

    /// A start address that works once; nil while the server doesn't listen.
    func makeStartAddress() -> String? {
        host.map { "http://\($0)/start?code=\(access.makeStartCode())" }
    }
}

/// Refuses with 403 what doesn't name exactly this host (no prefix matching: DNS rebinding), comes from another origin, or lacks the page's cookie.
struct PageGuard<Context: RequestContext>: RouterMiddleware {
    let origin: ServerOrigin

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        guard let host = origin.host, request.head.authority == host else {
            throw LocalProblem(status: 403, code: "auth.host", detail: "Open the touchscreen by the address in the start-url file.")
        }
        if let from = request.headers[.origin], from != "http://\(host)" {
            throw LocalProblem(status: 403, code: "auth.origin", detail: "Only the touchscreen's own page may ask.")
        }
        guard request.uri.path == "/start" || origin.access.admits(cookies: request.headers[.cookie]) else {
            throw LocalProblem(status: 403, code: "auth.token", detail: "Open the touchscreen by the address in the start-url file.")
        }
        return try await next(request, context)
    }
}

/// What every answer carries: nothing is stored, guessed, framed or fetched from elsewhere.
struct PageHeaders<Context: RequestContext>: RouterMiddleware {
    let policy: String

    init(frameAncestor: String?) {
        policy = [
            "default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors \(frameAncestor ?? "'none'")",
        ].joined(separator: "; ")
    }

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.contentSecurityPolicy] = policy
        for (name, value) in [("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")] {
            if let field = HTTPField.Name(name) { response.headers[field] = value }
        }
        return response
    }
}
