import HTTPTypes
import Hummingbird
import PlatformAPI

/// Lets through only requests with a bearer token of the role that a group of routes needs.
struct Authenticator: RouterMiddleware {
    typealias Context = PlatformRequestContext

    let tokens: TokenStore
    let role: TokenStore.Role

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        guard let field = request.headers[.authorization], field.lowercased().hasPrefix("bearer "),
            let principal = try await tokens.principal(token: String(field.dropFirst(7)))
        else {
            throw ProblemResponse(
                .unauthorised, 401, "A valid bearer token is needed.", headers: [.wwwAuthenticate: "Bearer realm=\"civickiosk\""])
        }
        switch (principal, role) {
        case (.kiosk, .kiosk), (.operator, .operator): break
        default: throw ProblemResponse(.unauthorised, 403, "This token is for another role.")
        }
        var context = context
        context.principal = principal
        return try await next(request, context)
    }
}
