internal import NIOCore
internal import NIOPosix
import Synchronization

/// The cable between kiosk and platform: a TCP proxy that can be unplugged, and that can stop dead after so many bytes.
public final class NetworkSwitch: Sendable {
    struct State {
        var online = true
        /// Bytes towards the platform that may still pass; nil for no limit.
        var allowance: Int?
        var forwarded = 0
        var channels: [ObjectIdentifier: any Channel] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let target: Int
    private let state = Mutex(State())
    private let listener = Mutex<(any Channel)?>(nil)

    /// - Parameter target: loopback port of the platform
    public init(target: Int) {
        self.target = target
    }

    /// Loopback port to give the kiosk; 0 before the start.
    public var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

    public var isOnline: Bool { state.withLock { $0.online } }

    /// Bytes that went towards the platform since the start.
    public var bytesForwarded: Int { state.withLock { $0.forwarded } }

    public func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: true)
            .childChannelInitializer { [self] inbound in accept(inbound) }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
    }

    public func stop() async {
        let channel = listener.withLock { $0 }
        try? await channel?.close()
        cut()
        lift()
    }

    /// Unplugged, it ends every connection and refuses new ones; the port stays taken.
    public func setOnline(_ online: Bool) {
        state.withLock { $0.online = online }
        if !online { cut() }
    }

    /// Lets this many more bytes pass towards the platform and then holds the connection, neither broken nor moving: a line that has gone dead.
    public func stall(afterUpstream bytes: Int) {
        state.withLock { $0.allowance = bytes }
    }

    /// Returns once the allowance is used up, or the stall was lifted.
    public func stalled() async {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.allowance.map({ $0 <= 0 }) ?? true { return true }
                state.waiters.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }

    /// Ends the stall; connections held by it are closed, as their bytes are lost.
    public func lift() {
        let waiters = state.withLock { state in
            state.allowance = nil
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends every connection now.
    public func cut() {
        let channels = state.withLock { state in
            defer { state.channels = [:] }
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    private func accept(_ inbound: any Channel) -> EventLoopFuture<Void> {
        guard register(inbound) else { return inbound.close() }
        return ClientBootstrap(group: inbound.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMap { [self] outbound in
                // By the futures, not by handlers: a connection that is cut before it became active tells its handlers nothing.
                inbound.closeFuture.whenComplete { _ in outbound.close(promise: nil) }
                outbound.closeFuture.whenComplete { _ in inbound.close(promise: nil) }
                return inbound.eventLoop.makeCompletedFuture {
                    try inbound.pipeline.syncOperations.addHandler(Pump(to: outbound, pass: { [self] in pass($0) }))
                    try outbound.pipeline.syncOperations.addHandler(Pump(to: inbound, pass: nil))
                }.flatMap { outbound.setOption(.autoRead, value: true) }
            }
            .flatMapError { _ in inbound.close() }
    }

    /// False while unplugged. In one step with that question: a connection is either refused here or ended by the next `cut`.
    private func register(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let taken = state.withLock { state in
            if state.online { state.channels[id] = channel }
            return state.online
        }
        if taken { channel.closeFuture.whenComplete { [self] _ in _ = state.withLock { $0.channels.removeValue(forKey: id) } } }
        return taken
    }

    /// How many of these bytes may pass; fewer than asked means that the line goes dead after them.
    private func pass(_ count: Int) -> Int {
        let (passed, waiters): (Int, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            guard let allowance = state.allowance else {
                state.forwarded += count
                return (count, [])
            }
            let passed = min(count, max(0, allowance))
            state.allowance = allowance - passed
            state.forwarded += passed
            guard allowance - passed <= 0 else { return (passed, []) }
            defer { state.waiters = [] }
            return (passed, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        return passed
    }
}

/// Hands what one side sends to the other.
private final class Pump: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel
    private let pass: ((Int) -> Int)?

    init(to peer: any Channel, pass: ((Int) -> Int)?) {
        self.peer = peer
        self.pass = pass
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        let allowed = pass?(buffer.readableBytes) ?? buffer.readableBytes
        if allowed < buffer.readableBytes { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
        guard allowed > 0, let slice = buffer.readSlice(length: allowed) else { return }
        peer.writeAndFlush(slice, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
