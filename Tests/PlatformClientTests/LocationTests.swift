import Foundation
import HTTPTypes
import PlatformAPI
import PlatformClient
import Synchronization
import Testing

/// An upload lies where the server says, as long as it is the server that was asked.
@Suite struct LocationTests {
    private let kiosk = LoneKiosk()

    private func with(_ port: Int, path: String = "", _ body: (PlatformUplink) async throws -> Void) async throws {
        let uplink = try PlatformUplink(credential: kiosk.credential("http://127.0.0.1:\(port)\(path)"))
        do { try await body(uplink) } catch { Issue.record(error) }
        try await uplink.shutdown()
    }

    /// A server that keeps its uploads at a place of its own, was told of each before, and acknowledges nothing.
    private static func server(at location: @escaping @Sendable (Peer.Question) -> String) -> @Sendable (Peer.Question) throws -> Peer.Answer {
        { question in
            switch question.method {
            case .post: try .stands(200, at: 0, of: 6, location: location(question))
            case .head: try .stands(200, at: 0, of: 6)
            case .patch: try .stands(204, at: 6, of: 6)
            default: .page(503)
            }
        }
    }

    @Test(arguments: [
        ("/files/24e533e0?part=1", "/files/24e533e0?part=1"), ("uploads/7", "/city/v1/uploads/7"), ("../x", "/city/x"),
        ("?upload=7", "/city/v1/uploads?upload=7"),
        ("http://127.0.0.1:PORT/files/7", "/files/7"), ("//127.0.0.1:PORT/files/7", "/files/7"), ("HTTP://127.0.0.1:PORT/files/7", "/files/7"),
    ])
    func itIsFollowedWithinTheOrigin(_ location: String, _ target: String) async throws {
        let answer = Self.server { location.replacing("PORT", with: $0.port) }
        try await Peer.serving(answer) { peer, port in
            try await with(port, path: "/city/") { uplink in
                await #expect(throws: UplinkError.unreachable) { try await kiosk.deliver(uplink) }
            }
            #expect(peer.lines.prefix(3) == ["POST /city/v1/uploads", "HEAD \(target)", "PATCH \(target)"])
        }
    }

    /// The kiosk's token, and its packet, go nowhere else.
    @Test(arguments: [
        "http://127.0.0.1:PORT/v1/uploads/7", "//127.0.0.1:PORT/v1/uploads/7", "http://localhost:OWN/v1/uploads/7",
        "https://127.0.0.1:OWN/v1/uploads/7", "http://somebody@127.0.0.1:OWN/v1/uploads/7", "http://127.0.0.1:OWN@127.0.0.1:PORT/v1/uploads/7",
        "http:uploads/7", "file:///v1/uploads/7", "/v1/uploads/7#part", "\\\\127.0.0.1:PORT\\v1", "", "/v1/uploads",
    ])
    func itIsNotFollowedToAnother(_ location: String) async throws {
        try await Peer.serving({ _ in try .stands(200, at: 0, of: 6) }) { other, port in
            let answer = Self.server { location.replacing("PORT", with: String(port)).replacing("OWN", with: $0.port) }
            try await Peer.serving(answer) { peer, own in
                try await with(own) { uplink in
                    await #expect(throws: UplinkError.notThePlatform) { try await kiosk.deliver(uplink) }
                }
                #expect(peer.lines == ["POST /v1/uploads"])
            }
            #expect(other.lines == [])
        }
    }

    @Test func anAnnouncementWithoutAPlaceIsNone() async throws {
        try await Peer.serving({ _ in try .stands(201, at: 0, of: 6) }) { peer, port in
            try await with(port) { uplink in
                await #expect(throws: UplinkError.notThePlatform) { try await kiosk.deliver(uplink) }
            }
            #expect(peer.lines == ["POST /v1/uploads"])
        }
    }

    /// What a gateway or a broken line interrupted goes on at the same place; what the server itself objected to is announced anew.
    @Test(arguments: [(503, false), (500, true)]) func theNextAttemptGoesOnAtTheSamePlace(_ status: Int, _ isAnnouncedAnew: Bool) async throws {
        let answer: @Sendable (Peer.Question) throws -> Peer.Answer = { question in
            switch question.method {
            case .post: try .stands(200, at: 3, of: 6, location: "/files/\(UUID())")
            case .head: try .stands(200, at: 3, of: 6)
            default: status == 503 ? .page(503) : try .tus(500)
            }
        }
        try await Peer.serving(answer) { peer, port in
            try await with(port) { uplink in
                let id = UUID.v7(at: Date())
                for _ in 0..<2 {
                    await #expect(throws: UplinkError.self) { try await kiosk.deliver(uplink, id: id) }
                }
            }
            let methods = peer.asked.map(\.method.rawValue)
            #expect(methods == ["POST", "HEAD", "PATCH"] + (isAnnouncedAnew ? ["POST", "HEAD", "PATCH"] : ["HEAD", "PATCH"]))
            let places = Set(peer.asked.filter { $0.method != .post }.map(\.target))
            #expect(places.count == (isAnnouncedAnew ? 2 : 1))
        }
    }

    /// Forgotten by the server in the middle, as an upload that expired.
    @Test(arguments: [404, 410]) func whatTheServerForgotBeginsAnew(_ status: Int) async throws {
        let forgotten = Mutex<Set<String>>([])
        let answer: @Sendable (Peer.Question) throws -> Peer.Answer = { question in
            if question.method == .patch { forgotten.withLock { if $0.isEmpty { $0 = [question.target] } } }
            if forgotten.withLock({ $0.contains(question.target) }) { return try .tus(status) }
            return try Self.server { _ in "/files/\(UUID())" }(question)
        }
        try await Peer.serving(answer) { peer, port in
            try await with(port) { uplink in
                await #expect(throws: UplinkError.unreachable) { try await kiosk.deliver(uplink) }
            }
            #expect(peer.asked.map(\.method.rawValue) == ["POST", "HEAD", "PATCH", "HEAD", "POST", "HEAD", "PATCH", "GET"])
        }
    }
}
