import NIOCore
import NIOHTTP1

/// What the client sends: shown to the decoder, then given to the link.
final class ClientSide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let link: Link

    init(link: Link) {
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        // The decoder works within this call; what it finds is in the link's reader when it returns.
        if link.reader.place != .unknown { context.fireChannelRead(wrapInboundOut(bytes)) }
        link.received(bytes)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { link.clientEnded(isWhole: false) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        link.lanes?.down.pump()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Notes where requests begin and end.
final class RequestObserver: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let link: Link

    init(link: Link) {
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if link.reader.newHead == nil { link.reader.newHead = head }
            link.reader.isComplete = false
        case .body: break
        case .end: link.reader.isComplete = true
        }
    }

    /// It isn't HTTP, and passes as it is.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.reader.failed = true
    }
}

/// What the platform sends.
final class PlatformSide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: Link

    init(link: Link) {
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        link.answered(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { link.platformEnded(isWhole: false) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        link.lanes?.up.pump()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Sends a copy of a request and lets its answer go.
final class CopySender: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let bytes: ByteBuffer
    private let proxy: NetworkProxy
    private var done: (() -> Void)?

    init(bytes: ByteBuffer, proxy: NetworkProxy, done: @escaping () -> Void) {
        self.bytes = bytes
        self.proxy = proxy
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let id = ObjectIdentifier(channel)
        guard proxy.register(id, .init(end: { channel.close(promise: nil) }, resume: {})) else { return context.close(promise: nil) }
        channel.closeFuture.whenComplete { [proxy] _ in proxy.unregister(id) }
        proxy.count(bytes.readableBytes)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        finish()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Once: with the first bytes of the answer, or when none will come.
    func finish() {
        done?()
        done = nil
    }
}
