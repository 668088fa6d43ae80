import AsyncHTTPClient
public import Foundation
import KioskModel
import NIOCore
import NIOHTTP1
public import PlatformAPI

/// An officer of the platform: sees applications and opens their materials, over the operator API and not through the network proxy.
public struct PlatformOperator: Sendable {
    /// The platform answered with this status.
    public struct Refused: Error, CustomStringConvertible {
        public var path: String
        public var status: UInt

        public var description: String { "the platform answered \(status) to \(path)" }
    }

    public let base: String
    let token: Redacted<String>

    public init(port: Int, token: String) {
        base = "http://127.0.0.1:\(port)"
        self.token = Redacted(token)
    }

    public func isHealthy() async -> Bool { (try? await get(PlatformRoute.health)) != nil }

    /// All of them, oldest first, or those that came after one.
    public func applications(after: UUID? = nil) async throws -> [ApplicationSummary] {
        var all: [ApplicationSummary] = []
        repeat {
            let last = (all.last?.id ?? after).map { "&after=\($0.wireText)" } ?? ""
            let page = try PlatformJSON.decode([ApplicationSummary].self, from: try await get(PlatformRoute.applications + "?limit=500" + last))
            all += page
            if page.count < 500 { return all }
        } while true
    }

    public func application(_ id: UUID) async throws -> ApplicationDetail {
        try PlatformJSON.decode(ApplicationDetail.self, from: try await get(PlatformRoute.application(id)))
    }

    /// The plaintext of a material.
    public func material(_ material: UUID, of application: UUID) async throws -> Data {
        try await get(PlatformRoute.material(material, of: application))
    }

    /// What has come of what a receipt names, as a citizen's phone asks.
    /// - Parameter receipt: the text of its code
    /// - Returns: nil when the platform doesn't believe it
    public func custody(of receipt: String) async throws -> CustodyReport? {
        var request = HTTPClientRequest(url: base + PlatformRoute.receiptCheck)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try PlatformJSON.encode(CustodyQuestion(token: receipt))))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
        switch response.status {
        case .ok: return try PlatformJSON.decode(CustodyReport.self, from: body)
        case .unprocessableEntity: return nil
        default: throw Refused(path: PlatformRoute.receiptCheck, status: UInt(response.status.code))
        }
    }

    private func get(_ path: String) async throws -> Data {
        var request = HTTPClientRequest(url: base + path)
        request.headers.add(name: "Authorization", value: "Bearer \(token.reveal)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        guard response.status == .ok else { throw Refused(path: path, status: UInt(response.status.code)) }
        return Data(try await response.body.collect(upTo: 128 << 20).readableBytesView)
    }
}
