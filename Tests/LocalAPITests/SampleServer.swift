import Foundation
import Hummingbird
import LocalAPI
import Logging
import Synchronization

/// A real HTTP server on a Unix socket that answers with the samples.
func withSampleServer(devices: [DeviceReport] = [Samples.reader, Samples.printer], _ body: @Sendable (String) async throws -> Void) async throws {
    let socket = FileManager.default.temporaryDirectory.appendingPathComponent("kiosk-\(UUID().uuidString.prefix(8)).sock").path
    let router = Router()
    router.get(RouterPath(LocalRoute.status)) { _, _ in try json(Samples.kiosk) }
    router.get(RouterPath(LocalRoute.devices)) { _, _ in try json(devices) }
    router.get(RouterPath(LocalRoute.devicePattern)) { _, context in
        let name = try context.parameters.require("name").removingPercentEncoding
        guard let device = devices.first(where: { $0.name == name }) else {
            return try json(LocalProblem(status: 404, code: "device.unknown", detail: "no device has this name"), status: .notFound)
        }
        return try json(device)
    }
    router.get(RouterPath(LocalRoute.deviceLogPattern)) { request, _ in
        try json(Array(Samples.log.prefix(request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 50)))
    }
    router.post(RouterPath(LocalRoute.deviceResetPattern)) { _, context in
        let name = try context.parameters.require("name").removingPercentEncoding
        guard let device = devices.first(where: { $0.name == name }), device.fault == nil else {
            return try json(LocalProblem(status: 502, code: "link.host-hung", detail: "the device's host didn't answer"), status: .badGateway)
        }
        return try json(device)
    }
    router.post(RouterPath(LocalRoute.recordingBeginPattern)) { _, _ in try json(devices[0]) }
    router.post(RouterPath(LocalRoute.recordingEndPattern)) { _, context in
        let name = try context.parameters.require("name").removingPercentEncoding ?? ""
        if name == "printer" {
            return try json(LocalProblem(status: 502, code: "link.recording-refused", detail: "a field can't be made anonymous"), status: .badGateway)
        }
        return try json(DeviceRecording(device: name, text: "# a recording\n"))
    }
    router.get(RouterPath(LocalRoute.queue)) { request, _ in
        let state = request.uri.queryParameters["state"].map(String.init)
        return try json([Samples.waiting, Samples.rejected].filter { state == nil || $0.state.rawValue == state })
    }
    router.get(RouterPath(LocalRoute.queueStatistics)) { _, _ in try json(Samples.statistics) }
    // The first question finds it under way, the second at its end.
    router.post(RouterPath(LocalRoute.queueVerification)) { _, _ in
        var report = Samples.verification
        report.endedAt = nil
        return try json(report)
    }
    router.get(RouterPath(LocalRoute.queueVerification)) { _, _ in try json(Samples.verification) }
    for pattern in [LocalRoute.queueHoldPattern, LocalRoute.queueRetryPattern, LocalRoute.queueQuarantinePattern] {
        router.post(RouterPath(pattern)) { _, context in
            guard try context.parameters.require("id", as: UUID.self) == Samples.application else {
                return try json(LocalProblem(status: 409, code: "queue.wrong-state", detail: "the item's state doesn't allow it"), status: .conflict)
            }
            return try json(Samples.waiting)
        }
    }
    router.get(RouterPath(LocalRoute.queueItemPattern)) { _, context in
        let id = try context.parameters.require("id", as: UUID.self)
        guard let item = [Samples.waiting, Samples.rejected].first(where: { $0.id == id }) else {
            return try json(LocalProblem(status: 404, code: "queue.unknown", detail: "the queue holds no such item"), status: .notFound)
        }
        return try json(item)
    }
    router.get(RouterPath(LocalRoute.session)) { _, _ in try json(Samples.session) }
    try await withServer(router, socket: socket, body)
}

/// Serves `router` at `socket` for the length of `body`.
func withServer(_ router: Router<BasicRequestContext>, socket: String, _ body: @Sendable (String) async throws -> Void) async throws {
    let (ready, signal) = AsyncStream<Void>.makeStream()
    let application = Application(
        router: router, configuration: .init(address: .unixDomainSocket(path: socket)), onServerRunning: { _ in signal.finish() },
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        for await _ in ready {}
        try await body(socket)
        group.cancelAll()
    }
}

private func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    Response(
        status: status, headers: [.contentType: status == .ok ? "application/json" : "application/problem+json"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: try LocalJSON.encoder().encode(value))))
}
