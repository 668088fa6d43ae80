import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// One client's connection and the one that was made to the platform for it. Confined to the client's event loop.
final class Link {
    let client: any Channel
    let proxy: NetworkProxy
    /// What took hold of the whole connection.
    private(set) var effects: [ActiveEffect] = []
    private(set) var lanes: (up: Lane, down: Lane)?
    var reader = RequestReader()

    private var platform: (any Channel)?
    private var isCut = false
    private var open = 1

    init(client: any Channel, proxy: NetworkProxy) {
        self.client = client
        self.proxy = proxy
    }

    /// Connects to the platform and lets the client be read when that is done; ends the client's connection when it can't be.
    func connect() -> EventLoopFuture<Void> {
        // By the future, not by a handler: a connection that is cut before it became active tells its handlers nothing.
        client.closeFuture.assumeIsolated().whenComplete { _ in self.closed(self.client) }
        effects = proxy.book.connection()
        if let refusal = effects.first(where: { $0.effect == .refuse }) {
            refusal.fire()
            reset()
            return client.eventLoop.makeSucceededVoidFuture()
        }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: proxy.target)
            .assumeIsolated()
            .flatMap { platform in self.join(platform) }
            .flatMapError { _ in self.client.close() }
            .nonisolated()
    }

    private func join(_ platform: any Channel) -> EventLoopFuture<Void> {
        if isCut || open == 0 { return platform.close() }
        self.platform = platform
        open += 1
        platform.closeFuture.assumeIsolated().whenComplete { _ in self.closed(platform) }
        let perform: (NetworkEffect) -> Void = { effect in self.perform(effect) }
        lanes = (
            up: Lane(
                from: client, to: platform, connection: Passage(effects, .upstream), pass: { [proxy] in proxy.pass($0) }, perform: perform),
            down: Lane(from: platform, to: client, connection: Passage(effects, .downstream), pass: { $0 }, perform: perform)
        )
        return client.eventLoop.makeCompletedFuture {
            try client.pipeline.syncOperations.addHandlers([
                ClientSide(link: self), ByteToMessageHandler(HTTPRequestDecoder()), RequestObserver(link: self),
            ])
            try platform.pipeline.syncOperations.addHandler(PlatformSide(link: self))
        }.flatMap { platform.setOption(.autoRead, value: true) }
    }

    private func perform(_ effect: NetworkEffect) {
        switch effect {
        case .refuse, .reset: reset()
        case .truncate: platform?.close(promise: nil)
        default: break
        }
    }

    /// RST to both sides.
    private func reset() {
        for channel in [client, platform].compactMap(\.self) {
            (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
        }
        cut()
    }

    /// Ends both sides now.
    func cut() {
        isCut = true
        lanes?.up.abandon()
        lanes?.down.abandon()
        client.close(promise: nil)
        platform?.close(promise: nil)
    }

    /// The rules have changed, or the line is no longer dead.
    func resume() {
        lanes?.up.resume()
        lanes?.down.resume()
    }

    private func closed(_ channel: any Channel) {
        open -= 1
        if channel === client {
            lanes?.down.abandon()
            clientEnded(isWhole: true)
        } else {
            lanes?.up.abandon()
            platformEnded(isWhole: true)
        }
        if open == 0 {
            proxy.unregister(ObjectIdentifier(self))
            lanes?.up.abandon()
            lanes?.down.abandon()
            lanes = nil
        }
    }
}
