internal import HTTPTypes
internal import NIOFoundationEssentialsCompat
internal import Foundation
internal import Hummingbird
internal import KioskModel
internal import LocalAPI
public import Logging
internal import NIOCore
public import ServiceLifecycle

/// The touchscreen's server: the page, its event stream and its touches. On the loopback interface only; every request must name exactly this
/// host, come from this origin, and carry the page's cookie.
public struct TouchscreenServer: Service {
    private let configuration: KioskConfiguration
    private let engine: SessionEngine
    private let access: PageAccess
    private let files: WebFiles
    private let origin: ServerOrigin
    private let logger: Logger

    /// Throws when the page's files or the runtime directory can't be used.
    public init(configuration: KioskConfiguration, engine: SessionEngine, origin: ServerOrigin, logger: Logger) throws {
        self.configuration = configuration
        self.engine = engine
        self.origin = origin
        self.logger = logger
        access = origin.access
        files = try WebFiles(directory: configuration.webDirectory, strings: configuration.stringsDirectory)
    }

    public func run() async throws {
        let router = Router(context: PageContext.self)
        router.addMiddleware {
            ProblemMiddleware()
            PageHeaders(frameAncestor: configuration.frameAncestor)
            PageGuard(origin: origin)
        }
        router.get("/start", use: start)
        router.get("/events", use: events)
        router.post("/touch", use: touch)
        router.get("/pages/:id", use: page)
        router.get("/camera/:id", use: camera)
        router.get("/**") { request, _ in try file(request.uri.path) }
        router.get("/") { _, _ in try file("/") }
        // An address of an earlier run leads nowhere, and after this one neither.
        try? FileManager.default.removeItem(at: configuration.startAddressFile)
        defer { try? FileManager.default.removeItem(at: configuration.startAddressFile) }
        let server = LocalServer(address: .hostname("127.0.0.1", port: configuration.webPort), responder: router.buildResponder(), logger: logger) {
            serverRunning(on: $0.localAddress?.port)
        }
        try await server.run()
    }

    private func serverRunning(on port: Int?) {
        guard let port else { return }
        origin.listening(on: port)
        do {
            try PrivateFile.write(origin.makeStartAddress() ?? "", to: configuration.startAddressFile)
            logger.info("touchscreen server listens", metadata: ["port": "\(port)"])
        } catch {
            logger.critical("the start address can't be written", metadata: ["cause": "\(error)"])
        }
    }

    // MARK: Handlers

    @Sendable private func start(_ request: Request, _ context: PageContext) async throws -> Response {
        guard let code = request.uri.queryParameters["code"], let token = access.redeem(String(code)) else {
            throw LocalProblem(status: 403, code: "auth.code", detail: "This start code was used already; open the address in the start-url file.")
        }
        let cookie = "\(PageAccess.cookieName)=\(token); Path=/; HttpOnly; SameSite=Strict"
        return Response(status: .seeOther, headers: [.location: "/", .setCookie: cookie])
    }

    @Sendable private func events(_ request: Request, _ context: PageContext) async throws -> Response {
        let updates = await engine.updates()
        let body = ResponseBody { writer in
            // One stream of ready lines: screens as they come, and a comment now and then, so that a dead page is noticed.
            let (lines, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(64))
            let screens = Task {
                for await update in updates { continuation.yield(try Self.line(update)) }
                continuation.finish()
            }
            let heartbeat = Task {
                while true {
                    try await Task.sleep(for: .seconds(15))
                    continuation.yield(ByteBuffer(string: ": still here\n\n"))
                }
            }
            defer {
                screens.cancel()
                heartbeat.cancel()
            }
            for await line in lines.cancelOnGracefulShutdown() { try await writer.write(line) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: body)
    }

    private static func line(_ update: ScreenUpdate) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: screen\nretry: 500\ndata: ")
        buffer.writeData(try LocalJSON.encoder().encode(update))
        buffer.writeString("\n\n")
        return buffer
    }

    @Sendable private func touch(_ request: Request, _ context: PageContext) async throws -> Response {
        guard request.headers[HTTPField.Name("X-Kiosk") ?? .accept] == "touch" else {
            throw LocalProblem(status: 403, code: "auth.header", detail: "A touch carries the header X-Kiosk: touch.")
        }
        guard let body = try? await request.body.collect(upTo: 4096) else {
            throw LocalProblem(status: 413, code: "touch.too-large", detail: "A touch is a small thing; send session, revision and touch.")
        }
        guard let event = try? JSONDecoder().decode(TouchEvent.self, from: Data(buffer: body)) else {
            throw LocalProblem(status: 400, code: "touch.malformed", detail: "Send session, revision and touch as JSON.")
        }
        try await engine.touch(event)
        return Response(status: .accepted)
    }

    @Sendable private func page(_ request: Request, _ context: PageContext) async throws -> Response {
        guard let data = try await engine.preview(try context.parameters.require("id")) else {
            throw LocalProblem(status: 404, code: "page.gone", detail: "This page is no longer held.")
        }
        return Response(status: .ok, headers: [.contentType: "image/jpeg"], body: ResponseBody(byteBuffer: ByteBuffer(data: data)))
    }

    /// Parts of JPEG as the camera made them, each replacing the one before, until the screen is left, another page looks, or this one goes.
    @Sendable private func camera(_ request: Request, _ context: PageContext) async throws -> Response {
        guard let view = engine.camera.view(try context.parameters.require("id")) else {
            throw LocalProblem(status: 404, code: "camera.gone", detail: "This picture is no longer shown.")
        }
        return await CameraStream(view: view, channel: context.channel, logger: logger).response()
    }

    private func file(_ path: String) throws -> Response {
        guard let response = files.response(for: path) else {
            throw LocalProblem(status: 404, code: "file.unknown", detail: "There is no such file.")
        }
        return response
    }
}
