import BadNetwork
import Foundation
import HTTPTypes
import Hummingbird
public import Logging
import NIOCore
import NIOFoundationEssentialsCompat

/// The bench page and its API, on the loopback interface only. It can kill processes and shows synthetic citizens: it is no part of a kiosk.
public final class BenchServer: Sendable {
    private let kiosk: VirtualKiosk
    private let requestedPort: Int
    private let logger: Logger
    private let listening = AsyncBox<Int>()
    private let touchscreen: TouchscreenAddress

    /// - Parameter port: 0 lets the system choose
    public init(kiosk: VirtualKiosk, port: Int, logger: Logger) {
        self.kiosk = kiosk
        requestedPort = port
        self.logger = logger
        touchscreen = TouchscreenAddress(
            ofProcess: { await (try? kiosk.kioskd)?.pid }, asking: { try? await kiosk.startAddress() })
    }

    /// `http://127.0.0.1:port`, once it listens.
    public func origin() async -> String { "http://127.0.0.1:\(await listening.value())" }

    /// Serves until it is cancelled. Throws when the port is taken.
    public func run() async throws {
        let router = Router()
        router.addMiddleware {
            BenchGuard(port: listening)
        }
        let pages = kiosk.layout.kiosk.appending(path: "bench")
        router.get("/") { [touchscreen] _, _ in
            // A page that is loaded anew needs a start address that wasn't used.
            await touchscreen.renew()
            return try Self.file("index.html", in: pages)
        }
        router.get("/api/state") { [kiosk, touchscreen] _, _ in
            try Self.json(try await kiosk.state(touchscreenURL: await touchscreen.current()))
        }
        router.get("/api/printed/:name") { [kiosk] _, context in
            let name = try context.parameters.require("name")
            guard let document = kiosk.printer.printedDocuments().first(where: { $0.lastPathComponent == name }) else {
                throw HTTPError(.notFound)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/pdf"],
                body: ResponseBody(byteBuffer: ByteBuffer(data: try Data(contentsOf: document))))
        }
        router.post("/api/reader") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Reader) in try await kiosk.act(order) }
        }
        router.post("/api/scanner") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Scanner) in try await kiosk.act(order) }
        }
        router.post("/api/printer") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Printer) in try await kiosk.setPaper(order.paper) }
        }
        router.post("/api/camera") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Camera) in try await kiosk.act(order) }
        }
        router.post("/api/network") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Network) in try await kiosk.network.setOnline(order.online) }
        }
        router.post("/api/process") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Process) in try await kiosk.act(order) }
        }
        router.post("/api/receipt-printer") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.ReceiptPrinter) in await kiosk.act(order) }
        }
        router.post("/api/code-scanner") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.CodeScanner) in try await kiosk.act(order) }
        }
        router.post("/api/locker") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Locker) in try await kiosk.act(order) }
        }
        router.post("/api/keypad") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Keypad) in try await kiosk.act(order) }
        }
        router.post("/api/board") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Board) in try await kiosk.act(order) }
        }
        router.post("/api/cameras") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.Cameras) in try await kiosk.act(order) }
        }
        router.post("/api/ups") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.PowerSupply) in try await kiosk.act(order) }
        }
        router.post("/api/card-reader") { [kiosk] request, _ in
            try await Self.perform(request) { (order: BenchAction.CardReader) in try await kiosk.act(order) }
        }
        router.get("/api/receipts/:number") { [kiosk] _, context in
            let number = try context.parameters.require("number", as: Int.self)
            guard let picture = kiosk.hardware.receiptPrinter.look({ $0.receipts.indices.contains(number) ? $0.receipts[number].bitmap : nil }) else {
                throw HTTPError(.notFound)
            }
            return Response(status: .ok, headers: [.contentType: "image/bmp"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: picture)))
        }
        router.get("/**") { request, _ in try Self.file(String(request.uri.path.dropFirst()), in: pages) }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: requestedPort)),
            onServerRunning: { [listening] channel in listening.set(channel.localAddress?.port ?? 0) }, logger: logger)
        try await application.run()
    }

    private static func perform<Order: Decodable>(_ request: Request, _ body: (Order) async throws -> Void) async throws -> Response {
        let bytes = try await request.body.collect(upTo: 4096)
        guard let order = try? JSONDecoder().decode(Order.self, from: Data(buffer: bytes)) else { throw HTTPError(.badRequest) }
        do {
            try await body(order)
        } catch let refusal as BenchAction.Refused {
            throw HTTPError(.unprocessableContent, message: refusal.description)
        }
        return Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(string: "{}")))
    }

    private static func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(data: try encoder.encode(value))))
    }

    private static let types = [
        "html": "text/html; charset=utf-8", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png",
    ]

    /// Only what a listing of the directory names exists, whatever a path says. Read anew each time: the page is being worked on.
    private static func file(_ path: String, in directory: URL) throws -> Response {
        let names = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        guard names.contains(path), let type = types[(path as NSString).pathExtension] else { throw HTTPError(.notFound) }
        let data = try Data(contentsOf: directory.appending(path: path))
        return Response(status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(data: data)))
    }
}

/// Refuses what doesn't name exactly this host, comes from another page, or changes something without the header that no form can send.
private struct BenchGuard<Context: RequestContext>: RouterMiddleware {
    let port: AsyncBox<Int>

    func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response) async throws -> Response {
        let host = "127.0.0.1:\(await port.value())"
        guard request.head.authority == host else { throw HTTPError(.forbidden, message: "open http://\(host)/") }
        if let from = request.headers[.origin], from != "http://\(host)" { throw HTTPError(.forbidden) }
        if request.method != .get, HTTPField.Name("X-Bench").map({ request.headers[$0] }) != "1" { throw HTTPError(.forbidden) }
        var response = try await next(request, context)
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.contentSecurityPolicy] =
            "default-src 'self'; img-src 'self' data:; frame-src 'self' http://127.0.0.1:*; object-src 'self'; base-uri 'none'; frame-ancestors 'self'"
        return response
    }
}
