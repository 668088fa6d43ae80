import Foundation
import HTTPTypes
import Hummingbird
import PlatformAPI

/// Which handler serves which path, for whom. The OpenAPI document is tested against `entries`.
struct PlatformRoutes: Sendable {
    typealias Handler = @Sendable (Request, PlatformRequestContext) async throws -> Response

    enum Access: Sendable { case open, kiosk, `operator` }

    struct Entry: Sendable {
        var method: HTTPRequest.Method
        /// As OpenAPI writes it: `/v1/uploads/{id}`.
        var path: String
        var access: Access
        var handler: Handler
    }

    let tokens: TokenStore
    let keys: KeyStore
    let limits: PlatformConfiguration.Limits
    let items: ItemRoutes
    let uploads: UploadRoutes
    let acknowledgements: AcknowledgementRoutes
    let ledger: LedgerRoutes
    let applications: ApplicationRoutes
    let receipts: ReceiptRoutes

    var entries: [Entry] {
        let upload = PlatformRoute.uploads + "/{id}"
        let application = PlatformRoute.applications + "/{id}"
        return [
            Entry(method: .get, path: PlatformRoute.health, access: .open, handler: health),
            Entry(method: .get, path: PlatformRoute.openAPI, access: .open, handler: openAPI),
            Entry(method: .get, path: PlatformRoute.info, access: .kiosk, handler: info),
            Entry(method: .get, path: PlatformRoute.items, access: .kiosk, handler: items.list),
            Entry(method: .options, path: PlatformRoute.uploads, access: .open, handler: uploads.options),
            Entry(method: .post, path: PlatformRoute.uploads, access: .kiosk, handler: uploads.create),
            Entry(method: .head, path: upload, access: .kiosk, handler: uploads.head),
            Entry(method: .patch, path: upload, access: .kiosk, handler: uploads.patch),
            Entry(method: .delete, path: upload, access: .kiosk, handler: uploads.delete),
            Entry(method: .get, path: PlatformRoute.acknowledgements + "/{id}", access: .kiosk, handler: acknowledgements.get),
            Entry(method: .get, path: PlatformRoute.ledger, access: .kiosk, handler: ledger.get),
            Entry(method: .post, path: PlatformRoute.receiptCheck, access: .open, handler: receipts.check),
            Entry(method: .get, path: PlatformRoute.applications, access: .operator, handler: applications.list),
            Entry(method: .get, path: application, access: .operator, handler: applications.get),
            Entry(method: .get, path: application + "/materials/{material}", access: .operator, handler: applications.material),
        ]
    }

    func router() -> Router<PlatformRequestContext> {
        let router = Router(context: PlatformRequestContext.self)
        router.add(middleware: ProblemMiddleware(routes: RouteTable(entries: entries.map { ($0.method, $0.path) })))
        let kiosk = router.group("").add(middleware: Authenticator(tokens: tokens, role: .kiosk))
        let operators = router.group("").add(middleware: Authenticator(tokens: tokens, role: .operator))
        for entry in entries {
            let path = RouterPath(entry.path)
            switch entry.access {
            case .open: router.on(path, method: entry.method, use: entry.handler)
            case .kiosk: kiosk.on(path, method: entry.method, use: entry.handler)
            case .operator: operators.on(path, method: entry.method, use: entry.handler)
            }
        }
        return router
    }

    private func health(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        // Reads the database: a platform that can't is not healthy.
        _ = try await tokens.principal(token: "health.check")
        return try .json(["status": "ok"])
    }

    private func openAPI(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: OpenAPIDocument.json)))
    }

    private func info(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        try .json(
            PlatformInfo(
                sealingKeys: [try keys.currentStatement()], acknowledgementKeys: [keys.acknowledgement.publicKey], term: ledger.ledger.term,
                watermark: try await ledger.ledger.watermark(),
                maxPacketSize: limits.maxMaterialPacket, time: Date(seconds: Date().seconds)))
    }
}
