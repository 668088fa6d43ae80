import Hummingbird
import KioskModel
import PlatformAPI

/// `GET /v1/items`: what the city offers.
struct ItemRoutes: Sendable {
    let items: [ServiceItem]

    func list(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        try .json(items)
    }
}
