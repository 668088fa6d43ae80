import Foundation
import HTTPTypes
import Hummingbird
import PlatformAPI

/// What operators read. Packets are opened for the answer and stay sealed on the disk.
struct ApplicationRoutes: Sendable {
    let store: ApplicationStore
    let uploads: UploadStore
    let reader: PacketReader

    /// `?after=<id>&limit=<1…500>`; without `after` from the oldest on.
    func list(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        let query = request.uri.queryParameters
        let limit = query["limit"].map { Int($0) ?? 0 } ?? 100
        let after = query["after"].flatMap { UUID(wireText: $0) }
        guard (1...500).contains(limit), query["after"] == nil || after != nil else {
            throw ProblemResponse(.badRequest, 400, "limit is 1 to 500, after the id of an application.")
        }
        return try .json(try await store.list(after: after, limit: limit))
    }

    func get(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        let summary = try await find(context)
        let plaintext = try await reader.plaintext(try await header(summary.id))
        return try .json(ApplicationDetail(summary: summary, submission: try PlatformJSON.decode(ApplicationSubmission.self, from: plaintext)))
    }

    func material(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        let id = try context.id("material")
        guard let material = try await find(context).materials.first(where: { $0.id == id }), material.receivedAt != nil else {
            throw ProblemResponse(.notFound, 404, "This material has not arrived.")
        }
        let plaintext = try await reader.plaintext(try await header(id))
        return Response(
            status: .ok, headers: [.contentType: material.mediaType, .contentDisposition: "attachment"],
            body: .init(byteBuffer: ByteBuffer(bytes: plaintext)))
    }

    private func find(_ context: PlatformRequestContext) async throws -> ApplicationSummary {
        guard let summary = try await store.find(try context.id()) else { throw ProblemResponse(.notFound, 404, "There is no such application.") }
        return summary
    }

    private func header(_ id: UUID) async throws -> PacketHeader {
        guard let upload = try await uploads.find(id) else { throw ProblemResponse(.notFound, 404, "There is no such packet.") }
        return upload.header
    }
}
