public import Foundation
internal import Hummingbird
public import LocalAPI
public import Logging
public import ServiceLifecycle

/// What the control server asks of the rest of the kiosk.
public protocol ControlSource: Sendable {
    func status() async throws -> KioskReport
    func devices() async -> [DeviceReport]
    /// The newest first.
    func deviceLog(_ name: String, limit: Int) async throws -> [DeviceLogEntry]
    /// Throws a `LocalProblem` with the fault that the device answered with.
    func resetDevice(_ name: String) async throws
    func beginRecording(_ name: String) async throws
    func endRecording(_ name: String) async throws -> DeviceRecording
    /// In order of commit; nil for every state. The newest, or those behind the number `after`.
    func queue(state: QueueItemReport.State?, after: UInt64?) async throws -> [QueueItemReport]
    func queueItem(_ id: UUID) async throws -> QueueItemReport?
    /// Throws a `LocalProblem` when the item's state doesn't allow it.
    func holdQueueItem(_ id: UUID) async throws
    func retryQueueItem(_ id: UUID) async throws
    func quarantineQueueItem(_ id: UUID) async throws
    /// Where the item's sealed file lies. Throws a `LocalProblem` when it isn't there.
    func queuePacket(_ id: UUID) async throws -> URL
    func queueStatistics() async throws -> QueueStatistics
    /// Begins a verification, or hurries the one under way.
    func verifyQueue() async throws -> QueueVerificationReport
    /// The verification under way, or the last. Throws a `LocalProblem` when there is none.
    func queueVerification() async throws -> QueueVerificationReport
    func session() async -> SessionReport
}

/// The technician's server: HTTP on a Unix socket in the runtime directory; who may open the socket is the directory's mode.
public struct ControlServer: Service {
    private let configuration: KioskConfiguration
    private let source: any ControlSource
    private let origin: ServerOrigin
    private let logger: Logger

    public init(configuration: KioskConfiguration, source: any ControlSource, origin: ServerOrigin, logger: Logger) {
        self.configuration = configuration
        self.source = source
        self.origin = origin
        self.logger = logger
    }

    public func run() async throws {
        let path = configuration.controlSocket.path
        unlink(path)
        let router = Router()
        router.addMiddleware { ProblemMiddleware() }
        router.get(RouterPath(LocalRoute.status)) { _, _ in try JSONResponse.encode(try await source.status()) }
        router.get(RouterPath(LocalRoute.devices)) { _, _ in try JSONResponse.encode(await source.devices()) }
        router.get(RouterPath(LocalRoute.devicePattern)) { _, context in
            try JSONResponse.encode(try await device(context))
        }
        addDeviceRoutes(to: router)
        addQueueRoutes(to: router)
        router.get(RouterPath(LocalRoute.session)) { _, _ in try JSONResponse.encode(await source.session()) }
        router.post("/v1/start-url") { _, _ in
            guard let address = origin.makeStartAddress() else {
                throw LocalProblem(status: 503, code: "web.starting", detail: "The touchscreen server is not up yet; ask again.")
            }
            return try JSONResponse.encode(["url": address])
        }
        let server = LocalServer(address: .unixDomainSocket(path: path), responder: router.buildResponder(), logger: logger) { _ in
            chmod(path, 0o600)
        }
        try await server.run()
    }

    private func addDeviceRoutes(to router: Router<BasicRequestContext>) {
        router.get(RouterPath(LocalRoute.deviceLogPattern)) { request, context in
            let device = try await device(context)
            let limit = request.uri.queryParameters["limit"].map { Int($0) ?? 0 } ?? 50
            guard (1...1000).contains(limit) else {
                throw LocalProblem(status: 400, code: "device.limit", detail: "The limit is a number from 1 to 1000.")
            }
            return try JSONResponse.encode(try await source.deviceLog(device.name, limit: limit))
        }
        router.post(RouterPath(LocalRoute.deviceResetPattern)) { _, context in
            let name = try await device(context).name
            try await source.resetDevice(name)
            return try JSONResponse.encode(try await device(context))
        }
        router.post(RouterPath(LocalRoute.recordingBeginPattern)) { _, context in
            let name = try await device(context).name
            try await source.beginRecording(name)
            return try JSONResponse.encode(try await device(context))
        }
        router.post(RouterPath(LocalRoute.recordingEndPattern)) { _, context in
            try JSONResponse.encode(try await source.endRecording(try await device(context).name))
        }
    }

    private func addQueueRoutes(to router: Router<BasicRequestContext>) {
        router.get(RouterPath(LocalRoute.queue)) { request, _ in
            let after = request.uri.queryParameters["after"].map { UInt64($0) }
            if case .some(.none) = after { throw LocalProblem(status: 400, code: "queue.after", detail: "What follows is named by a number.") }
            guard let state = request.uri.queryParameters["state"] else {
                return try JSONResponse.encode(try await source.queue(state: nil, after: after ?? nil))
            }
            guard let wanted = QueueItemReport.State(rawValue: String(state)) else {
                throw LocalProblem(status: 400, code: "queue.state", detail: "The states are \(QueueItemReport.State.inWords).")
            }
            return try JSONResponse.encode(try await source.queue(state: wanted, after: after ?? nil))
        }
        router.get(RouterPath(LocalRoute.queueStatistics)) { _, _ in try JSONResponse.encode(try await source.queueStatistics()) }
        router.get(RouterPath(LocalRoute.queueVerification)) { _, _ in try JSONResponse.encode(try await source.queueVerification()) }
        router.post(RouterPath(LocalRoute.queueVerification)) { _, _ in try JSONResponse.encode(try await source.verifyQueue()) }
        router.get(RouterPath(LocalRoute.queueItemPattern)) { _, context in try JSONResponse.encode(try await item(context)) }
        router.get(RouterPath(LocalRoute.queuePacketPattern)) { _, context in
            let file = try await source.queuePacket(try await item(context).id)
            return Response(
                status: .ok, headers: [.contentType: "application/octet-stream"], body: try await FileIO().loadFile(path: file.path, context: context)
            )
        }
        router.post(RouterPath(LocalRoute.queueHoldPattern)) { _, context in
            try await source.holdQueueItem(try await item(context).id)
            return try JSONResponse.encode(try await item(context))
        }
        router.post(RouterPath(LocalRoute.queueRetryPattern)) { _, context in
            try await source.retryQueueItem(try await item(context).id)
            return try JSONResponse.encode(try await item(context))
        }
        router.post(RouterPath(LocalRoute.queueQuarantinePattern)) { _, context in
            try await source.quarantineQueueItem(try await item(context).id)
            return try JSONResponse.encode(try await item(context))
        }
    }

    /// The item that the path names.
    private func item(_ context: BasicRequestContext) async throws -> QueueItemReport {
        try found(try await source.queueItem(try context.parameters.require("id", as: UUID.self)), "queue")
    }

    /// The device that the path names, also one whose name has to be percent-encoded.
    private func device(_ context: BasicRequestContext) async throws -> DeviceReport {
        let name = try context.parameters.require("name")
        let plain = name.removingPercentEncoding ?? name
        return try found(await source.devices().first { $0.name == plain || $0.name == name }, "device")
    }

    private func found<Value>(_ value: Value?, _ what: String) throws -> Value {
        guard let value else {
            throw LocalProblem(status: 404, code: "\(what).unknown", detail: "There is none of that name; the list shows what there is.")
        }
        return value
    }
}
