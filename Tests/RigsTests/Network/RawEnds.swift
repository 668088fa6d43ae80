import Foundation
import NIOCore
import NIOPosix
import Synchronization

@testable import BadNetwork

/// One end of a raw TCP connection: what it was sent, whether that ended, and how.
final class RawEnd: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    struct Heard: Sendable, Equatable {
        var bytes: [UInt8] = []
        /// FIN came.
        var ended = false
        /// RST came, or another error.
        var broke = false
        var closed = false
    }

    private let state = Mutex(Heard())
    private let answer: (@Sendable ([UInt8]) -> [UInt8])?

    /// - Parameter answer: what is sent back for each piece that comes
    init(answer: (@Sendable ([UInt8]) -> [UInt8])? = nil) {
        self.answer = answer
    }

    var heard: Heard { state.withLock { $0 } }
    var text: String { String(decoding: heard.bytes, as: UTF8.self) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        state.withLock { $0.bytes += bytes }
        if let answer { context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer(bytes))), promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { state.withLock { $0.ended = true } }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.withLock { $0.closed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        state.withLock { $0.broke = true }
        context.close(promise: nil)
    }

    static func connect(_ port: Int) async throws -> (RawEnd, any Channel) {
        let end = RawEnd()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(.seconds(20))
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(end) } }
            .connect(host: "127.0.0.1", port: port).get()
        return (end, channel)
    }
}

/// A server that keeps what each of its connections heard, behind a bad network.
final class RawServer: Sendable {
    private let ends = Mutex<[RawEnd]>([])

    /// In the order in which they were made.
    var connections: [RawEnd] { ends.withLock { $0 } }

    /// An answer to a request without a body.
    static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, kiosk"

    /// Starts server and proxy, lends them, and stops both.
    /// - Parameter answer: what the server sends for each piece that it hears
    static func with(
        answer: (@Sendable ([UInt8]) -> [UInt8])? = nil, _ body: (NetworkProxy, RawServer) async throws -> Void
    ) async throws {
        let server = RawServer()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                let end = RawEnd(answer: answer)
                server.ends.withLock { $0.append(end) }
                return channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(end) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = NetworkProxy(target: channel.localAddress?.port ?? 0)
        try await proxy.start()
        do {
            try await body(proxy, server)
        } catch {
            await proxy.stop()
            try? await channel.close()
            throw error
        }
        await proxy.stop()
        try await channel.close()
    }

    /// The same, with a server that answers every request without a body.
    static func withHTTP(_ body: (NetworkProxy, RawServer) async throws -> Void) async throws {
        try await with(answer: { _ in Array(answer.utf8) }, body)
    }
}
