import AsyncHTTPClient
import Foundation
import KioskModel
import LocalAPI
import Logging
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import Testing

@testable import KioskRuntime

/// The way in: a real server on a real socket, asked by a real client.
@Suite(.timeLimit(.minutes(1))) struct TouchscreenServerTests {
    struct Page {
        let origin: ServerOrigin
        let base: String
        let kiosk: ScriptedKiosk

        func get(_ path: String, cookie: String? = nil, headers: [String: String] = [:]) async throws -> HTTPClientResponse {
            try await send(.GET, path, cookie: cookie, headers: headers)
        }

        func send(
            _ method: HTTPMethod, _ path: String, cookie: String?, headers: [String: String] = [:], body: Data? = nil
        ) async throws -> HTTPClientResponse {
            var request = HTTPClientRequest(url: base + path)
            request.method = method
            for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
            if let cookie { request.headers.add(name: "Cookie", value: cookie) }
            if let body { request.body = .bytes(ByteBuffer(data: body)) }
            return try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        }

        /// Redeems a fresh start code, as the shell does.
        func cookie() async throws -> String {
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            let address = try #require(origin.makeStartAddress())
            let answer = try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                try await client.execute(HTTPClientRequest(url: address), timeout: .seconds(10))
            }
            #expect(answer.status == .seeOther)
            let header = try #require(answer.headers.first(name: "Set-Cookie"))
            #expect(header.contains("HttpOnly") && header.contains("SameSite=Strict"))
            return String(try #require(header.split(separator: ";").first))
        }
    }

    /// Runs the server for the length of `body`.
    func withPage(_ body: (Page) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("kiosk-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let configuration = KioskConfiguration(
            kiosk: "kiosk-1", dataDirectory: directory, runtimeDirectory: directory, webDirectory: repository.appendingPathComponent("Kiosk/web"),
            stringsDirectory: repository.appendingPathComponent("Kiosk/strings"), webPort: 0, frameAncestor: nil, catalogueDirectory: directory,
            credentialFile: directory, signingKeyFile: directory, platformURL: nil, deviceHost: directory, devices: [])
        let kiosk = try ScriptedKiosk()
        let origin = try ServerOrigin(tokenFile: configuration.tokenFile)
        let server = try TouchscreenServer(configuration: configuration, engine: kiosk.engine, origin: origin, logger: Logger(label: "test"))
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            while origin.host == nil { await Task.yield() }
            try await body(Page(origin: origin, base: "http://\(origin.host ?? "")", kiosk: kiosk))
            group.cancelAll()
        }
    }

    @Test func `nobody gets in without the cookie, and a start code works once`() async throws {
        try await withPage { page in
            for path in ["/", "/events", "/strings/en.json", "/pages/x"] {
                #expect(try await page.get(path).status == .forbidden)
            }
            let address = try #require(page.origin.makeStartAddress())
            let path = String(address.dropFirst(page.base.count))
            _ = try await page.get(path)
            #expect(try await page.get(path).status == .forbidden)
            let cookie = try await page.cookie()
            #expect(try await page.get("/", cookie: cookie).status == .ok)
            #expect(try await page.get("/", cookie: "kiosk=wrong").status == .forbidden)
        }
    }

    @Test func `a foreign host, a look-alike and a foreign origin are refused`() async throws {
        try await withPage { page in
            let cookie = try await page.cookie()
            let host = try #require(page.origin.host)
            for name in ["evil.example", "127.0.0.1", host + ".evil.example", "localhost:" + host.split(separator: ":")[1]] {
                #expect(try await page.get("/", cookie: cookie, headers: ["Host": name]).status == .forbidden, "\(name)")
            }
            for origin in ["http://evil.example", "null", "https://\(host)", "http://\(host).evil.example"] {
                #expect(try await page.get("/", cookie: cookie, headers: ["Origin": origin]).status == .forbidden, "\(origin)")
            }
            #expect(try await page.get("/", cookie: cookie, headers: ["Origin": "http://\(host)"]).status == .ok)
        }
    }

    @Test func `no path leads out of the page's files`() async throws {
        try await withPage { page in
            let cookie = try await page.cookie()
            for path in ["/../Package.swift", "/%2e%2e/Package.swift", "/strings/../../Package.swift", "/start-url", "/page-token"] {
                #expect(try await page.get(path, cookie: cookie).status == .notFound, "\(path)")
            }
        }
    }

    @Test func `every answer forbids storing, framing and foreign content`() async throws {
        try await withPage { page in
            let answer = try await page.get("/", cookie: try await page.cookie())
            #expect(answer.headers.first(name: "Cache-Control") == "no-store")
            let policy = try #require(answer.headers.first(name: "Content-Security-Policy"))
            #expect(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"))
        }
    }

    @Test func `a touch moves the screen, a stale or malformed one doesn't`() async throws {
        try await withPage { page in
            let cookie = try await page.cookie()
            let now = await page.kiosk.engine.current
            let tap = try JSONEncoder().encode(TouchEvent(session: now.session, revision: now.revision, touch: Touch(.start)))
            #expect(try await page.send(.POST, "/touch", cookie: cookie, body: tap).status == .forbidden, "without the header")
            let marked = ["X-Kiosk": "touch"]
            #expect(try await page.send(.POST, "/touch", cookie: cookie, headers: marked, body: Data("{".utf8)).status == .badRequest)
            let huge = Data(repeating: 0x20, count: 1 << 20)
            #expect(try await page.send(.POST, "/touch", cookie: cookie, headers: marked, body: huge).status == .payloadTooLarge)
            #expect(try await page.send(.POST, "/touch", cookie: cookie, headers: marked, body: tap).status == .accepted)
            #expect(try await page.send(.POST, "/touch", cookie: cookie, headers: marked, body: tap).status == .conflict)
            #expect(await page.kiosk.engine.current.screen.name == "menu")
        }
    }

    @Test func `the stream begins with the screen of the moment`() async throws {
        try await withPage { page in
            let answer = try await page.get("/events", cookie: try await page.cookie())
            #expect(answer.headers.first(name: "Content-Type") == "text/event-stream")
            var text = ""
            for try await part in answer.body {
                text += String(buffer: part)
                if text.contains("\n\n") { break }
            }
            #expect(text.hasPrefix("event: screen\n"))
            let json = try #require(text.split(separator: "\n").first { $0.hasPrefix("data: ") }?.dropFirst(6))
            let update = try JSONDecoder().decode(ScreenUpdate.self, from: Data(json.utf8))
            #expect(update == (await page.kiosk.engine.current))
        }
    }
}
