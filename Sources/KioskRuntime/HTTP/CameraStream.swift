internal import DeviceLink
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// A request to the touchscreen's server, with the connection that it came on.
struct PageContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// The answer that never ends: `multipart/x-mixed-replace`, which an `<img>` shows as it comes. A part is one JPEG of the camera, byte for byte.
struct CameraStream: Sendable {
    let view: CameraView
    let channel: any Channel
    let logger: Logger

    private static let boundary = "kiosk-camera"
    /// bytes that may wait in the kernel for a page that doesn't keep up (which doubles them): what waits there is old when it is seen.
    private static let backlog: SocketOptionValue = 128 << 10
    /// How long a page that reads no more may hold the connection after the end.
    private static let grace = TimeAmount.seconds(1)

    func response() async -> Response {
        try? await channel.setOption(ChannelOptions.socketOption(.so_sndbuf), value: Self.backlog).get()
        view.onEnd { [channel] in
            channel.eventLoop.scheduleTask(in: Self.grace) { channel.close(promise: nil) }
        }
        return Response(
            status: .ok, headers: [.contentType: "multipart/x-mixed-replace; boundary=\(Self.boundary)", .connection: "close"],
            body: ResponseBody { writer in
                defer {
                    view.end()
                    let counts = view.counts
                    logger.info("camera view ended", metadata: ["frames": "\(counts.sent)", "dropped": "\(counts.dropped)"])
                }
                try await withGracefulShutdownHandler {
                    try await send(&writer)
                } onGracefulShutdown: {
                    view.end()
                }
                try await writer.finish(nil)
            })
    }

    private func send(_ writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: "--\(Self.boundary)\r\n"))
        while let frame = await view.next() { try await writer.write(try part(frame)) }
    }

    /// The boundary follows at once: a browser shows a part when it has seen its end.
    private func part(_ frame: CameraView.Frame) throws -> ByteBuffer {
        let length = frame.jpeg.byteCount
        var buffer = ByteBufferAllocator().buffer(capacity: length + 160)
        buffer.writeString("Content-Type: image/jpeg\r\nContent-Length: \(length)\r\nX-Frame: \(frame.sequence)\r\n\r\n")
        try frame.jpeg.withBytes { _ = buffer.writeBytes($0) }
        buffer.writeString("\r\n--\(Self.boundary)\r\n")
        return buffer
    }
}
