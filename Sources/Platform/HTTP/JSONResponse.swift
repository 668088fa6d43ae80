import Foundation
import HTTPTypes
import Hummingbird
import PlatformAPI

extension Response {
    /// An answer in the platform's JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try PlatformJSON.encode(value))))
    }
}

extension PlatformRequestContext {
    /// The kiosk that sent the request.
    func kiosk() throws -> String {
        guard case .kiosk(let name) = principal else { throw ProblemResponse(.unauthorised, 403, "Only a kiosk may do this.") }
        return name
    }

    /// A path parameter that must be a packet id in its one spelling; anything else is a thing that does not exist.
    func id(_ name: String = "id") throws -> UUID {
        guard let text = parameters.get(name), let id = UUID(wireText: text) else { throw ProblemResponse(.notFound, 404, "There is nothing here.") }
        return id
    }
}
