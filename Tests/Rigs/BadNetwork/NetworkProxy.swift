internal import NIOCore
internal import NIOPosix
import Synchronization

/// The network between kiosk and platform: a TCP proxy that can be unplugged like a cable, that can stop dead after so many bytes, and that treats
/// connections and requests as badly as it is told by rules.
///
///     let rule = proxy.add(.status(503, retryAfter: .seconds(1)), on: .requests(method: "PATCH"), times: 2)
///     // … until proxy.fired(rule) == 2
///     proxy.remove(rule)
///
/// Bytes pass as they are; requests are only read along, so that what isn't HTTP passes as well. All calls may come from any thread.
public final class NetworkProxy: Sendable {
    /// What is done to a connection from outside its event loop.
    struct Handle: Sendable {
        var end: @Sendable () -> Void
        var resume: @Sendable () -> Void
        /// Bytes that wait for their way to the platform.
        var waitingUpstream: @Sendable () async throws -> Int = { 0 }
    }

    private struct State {
        var online = true
        /// Bytes towards the platform that may still pass; nil for no limit.
        var allowance: Int?
        var forwarded = 0
        var connections: [ObjectIdentifier: Handle] = [:]
    }

    let target: Int
    let book = RuleBook()
    let waiting = WaitingRequests()
    private let state = Mutex(State())
    private let listener = Mutex<(any Channel)?>(nil)

    /// - Parameter target: loopback port of the platform
    public init(target: Int) {
        self.target = target
    }

    /// Loopback port to give the kiosk; 0 before the start.
    public var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

    public var isOnline: Bool { state.withLock { $0.online } }

    /// Bytes that went towards the platform since the start, second copies of requests included.
    public var bytesForwarded: Int { state.withLock { $0.forwarded } }

    /// Binds a free loopback port. Throws the system's error.
    public func start() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [self] client in accept(client) }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
    }

    /// Ends every connection and gives the port back: from now on connections are refused by the system.
    public func stop() async {
        let channel = listener.withLock { $0 }
        try? await channel?.close()
        cut()
        lift()
    }

    // MARK: - The cable

    /// Unplugged, it ends every connection and refuses new ones; the port stays taken.
    public func setOnline(_ online: Bool) {
        state.withLock { $0.online = online }
        if !online { cut() }
    }

    /// Lets this many more bytes pass towards the platform and then holds the connections, neither broken nor moving: a line that has gone dead.
    public func stall(afterUpstream bytes: Int) {
        state.withLock { $0.allowance = bytes }
    }

    /// Whether the allowance of a stall is used up: the line is dead.
    public var isStalled: Bool { state.withLock { $0.allowance.map { $0 <= 0 } ?? false } }

    /// Ends the stall; connections that it held go on where they were.
    public func lift() {
        state.withLock { $0.allowance = nil }
        resume()
    }

    /// Ends every connection now.
    public func cut() {
        for connection in state.withLock({ Array($0.connections.values) }) { connection.end() }
    }

    // MARK: - The rules

    /// Adds a rule. Every rule that matches takes hold; of two answers to one request the one added first is given.
    @discardableResult
    public func add(_ rule: NetworkRule) -> NetworkRule.ID {
        precondition(rule.mistake == nil, rule.mistake ?? "")
        return book.add(rule)
    }

    /// See `NetworkRule`.
    @discardableResult
    public func add(_ effect: NetworkEffect, on target: NetworkTarget = .connections(), times: Int? = nil) -> NetworkRule.ID {
        add(NetworkRule(effect, on: target, times: times))
    }

    /// How often it came to pass, which may be less often than it took hold: a connection that never got to the offset doesn't count.
    /// Still told after the rule was removed.
    public func fired(_ rule: NetworkRule.ID) -> Int { book.fired(rule) }

    /// From now on it does nothing. Slow lines are fast again and held requests go on; what was lost stays lost, until `cut`.
    public func remove(_ rule: NetworkRule.ID) {
        book.remove(rule)
        resume()
    }

    /// Removes every rule, see `remove`.
    public func removeAll() {
        book.remove(nil)
        resume()
    }

    private func resume() {
        if !book.reorders { waiting.answered(.max) }
        for connection in state.withLock({ Array($0.connections.values) }) { connection.resume() }
    }

    /// Bytes that the kiosk has sent and the platform wasn't given yet.
    var waitingUpstream: Int {
        get async throws {
            var sum = 0
            for connection in state.withLock({ Array($0.connections.values) }) { sum += try await connection.waitingUpstream() }
            return sum
        }
    }

    // MARK: - For the connections

    private func accept(_ client: any Channel) -> EventLoopFuture<Void> {
        let link = Link(client: client, proxy: self)
        let bound = NIOLoopBound(link, eventLoop: client.eventLoop)
        let loop = client.eventLoop
        let handle = Handle(
            end: { loop.execute { bound.value.cut() } }, resume: { loop.execute { bound.value.resume() } },
            waitingUpstream: { try await loop.submit { bound.value.lanes?.up.waitingBytes ?? 0 }.get() })
        guard register(ObjectIdentifier(link), handle) else { return client.close() }
        return link.connect()
    }

    /// False while unplugged. In one step with that question: a connection is either refused here or ended by the next `cut`.
    func register(_ id: ObjectIdentifier, _ handle: Handle) -> Bool {
        state.withLock { state in
            if state.online { state.connections[id] = handle }
            return state.online
        }
    }

    func unregister(_ id: ObjectIdentifier) {
        _ = state.withLock { $0.connections.removeValue(forKey: id) }
    }

    /// Counts bytes that pass beside the allowance.
    func count(_ bytes: Int) {
        state.withLock { $0.forwarded += bytes }
    }

    /// How many of these bytes may pass; fewer than asked means that the line goes dead after them.
    func pass(_ count: Int) -> Int {
        state.withLock { state in
            let passed = min(count, max(0, state.allowance ?? count))
            state.allowance = state.allowance.map { $0 - passed }
            state.forwarded += passed
            return passed
        }
    }
}
