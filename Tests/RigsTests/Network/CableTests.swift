import NIOCore
import NIOPosix
import Testing

@testable import BadNetwork

/// The cable: on, off, and dead after so many bytes.
struct CableTests {
    /// Keeps what it is sent.
    private final class Sink: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let received: AsyncStream<Int>.Continuation

        init(_ received: AsyncStream<Int>.Continuation) {
            self.received = received
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.yield(unwrapInboundIn(data).readableBytes)
        }
    }

    private func withProxy(_ body: (NetworkProxy, AsyncStream<Int>) async throws -> Void) async throws {
        let (received, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Sink(continuation)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let cable = NetworkProxy(target: server.localAddress?.port ?? 0)
        try await cable.start()
        try await body(cable, received)
        await cable.stop()
        try await server.close()
    }

    private func connect(_ port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
    }

    @Test func passesBytesOn() async throws {
        try await withProxy { cable, received in
            let client = try await connect(cable.port)
            try await client.writeAndFlush(ByteBuffer(string: "hello"))
            var total = 0
            for await count in received {
                total += count
                if total >= 5 { break }
            }
            #expect(total == 5)
            #expect(cable.bytesForwarded == 5)
            try await client.close()
        }
    }

    @Test func unpluggingEndsConnectionsAndRefusesNewOnes() async throws {
        try await withProxy { cable, _ in
            let client = try await connect(cable.port)
            try await client.writeAndFlush(ByteBuffer(string: "hello"))
            cable.setOnline(false)
            try await client.closeFuture.get()
            let refused = try await connect(cable.port)
            try await refused.closeFuture.get()
            cable.setOnline(true)
            let again = try await connect(cable.port)
            try await again.writeAndFlush(ByteBuffer(string: "back"))
            try await again.close()
        }
    }

    @Test func goesDeadAfterSoManyBytes() async throws {
        try await withProxy { cable, received in
            cable.stall(afterUpstream: 1000)
            let client = try await connect(cable.port)
            client.writeAndFlush(ByteBuffer(repeating: 7, count: 100_000), promise: nil)
            await cable.stalled()
            #expect(cable.bytesForwarded == 1000)
            var total = 0
            for await count in received {
                total += count
                if total >= 1000 { break }
            }
            #expect(total == 1000)
            cable.lift()
            cable.cut()
            try await client.closeFuture.get()
        }
    }
}
