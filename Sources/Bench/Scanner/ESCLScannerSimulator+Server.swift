internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

extension ESCLScannerSimulator {
    /// Serves until cancelled; the stream brings the port once it listens, or the reason why it can't.
    func serve() -> (AsyncThrowingStream<Int, any Error>, Task<Void, any Error>) {
        let (running, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
        let application = Application(
            router: routes(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                if let bound = channel.localAddress?.port { continuation.yield(bound) }
            },
            logger: Logger(label: "bench.scanner") { _ in SwiftLogNoOpLogHandler() })
        let task = Task {
            do {
                try await application.runService(gracefulShutdownSignals: [])
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
                throw error
            }
        }
        return (running, task)
    }

    /// The eSCL resources, Mopria eSCL specification 2.97 §4.
    private nonisolated func routes() -> Router<BasicRequestContext> {
        let router = Router()
        let root = router.group("eSCL")
        root.get("ScannerCapabilities") { _, _ in
            try await self.reached(.capabilities)
            return Self.xml(ESCLDocuments.capabilities)
        }
        root.get("ScannerStatus") { _, _ in
            try await self.reached(.status)
            return Self.xml(ESCLDocuments.status(adf: await self.adfState, idle: true))
        }
        root.post("ScanJobs") { request, _ in
            try await self.reached(.job)
            let body = try await request.body.collect(upTo: 1 << 16)
            guard let settings = ESCLSettings(xml: String(buffer: body)) else { return Response(status: .badRequest) }
            guard let job = await self.open(settings) else { return Response(status: .conflict) }
            return Response(status: .created, headers: [.location: "/eSCL/ScanJobs/\(job)"])
        }
        root.get("ScanJobs/:job/NextDocument") { _, context in
            try await self.reached(.page)
            let job = try context.parameters.require("job", as: Int.self)
            switch try await self.nextPage(of: job) {
            case .picture(let jpeg):
                return Response(status: .ok, headers: [.contentType: "image/jpeg"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: jpeg)))
            case .noMore: return Response(status: .notFound)
            case .notReady: return Response(status: .conflict)
            case .broken: return Response(status: .internalServerError)
            }
        }
        root.delete("ScanJobs/:job") { _, context in
            try await self.reached(.delete)
            let job = try context.parameters.require("job", as: Int.self)
            return Response(status: await self.delete(job) ? .ok : .notFound)
        }
        return router
    }

    private static func xml(_ text: String) -> Response {
        Response(status: .ok, headers: [.contentType: "text/xml"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
