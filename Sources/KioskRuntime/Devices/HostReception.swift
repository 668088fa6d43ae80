internal import DeviceLink
@preconcurrency internal import Dispatch
internal import Glibc
internal import Logging
internal import Synchronization

/// The socket that hosts connect to. A connection belongs to the device whose launched process it comes from, by the kernel's word (SO_PEERCRED), whatever
/// it says of itself; anybody else is turned away.
final class HostReception: Sendable {
    /// A host may connect before its launcher has returned its process id: so many wait so long.
    static let maxUnclaimed = 8
    static let patience: Duration = .seconds(5)

    private struct State {
        var expected: [Int32: @Sendable (LinkChannel) -> Void] = [:]
        var unclaimed: [Int32: (channel: LinkChannel, since: ContinuousClock.Instant)] = [:]
    }

    private let source: any DispatchSourceRead
    private let queue = DispatchQueue(label: "device-socket")
    private let logger: Logger
    private let state = Mutex(State())

    /// Listens at `path`.
    init(path: String, logger: Logger) throws {
        let listener = try LinkListener(path: path)
        self.logger = logger
        source = DispatchSource.makeReadSource(fileDescriptor: listener.descriptor, queue: queue)
        source.setEventHandler { [weak self] in self?.accept(listener) }
        // The descriptor stays open until the source has let go of it.
        source.setCancelHandler { withExtendedLifetime(listener) {} }
        source.activate()
    }

    deinit {
        source.cancel()
    }

    /// Hands every connection of the process to `claim`, also one that came already. No effect on connections once forgotten.
    func expect(_ pid: Int32, claim: @escaping @Sendable (LinkChannel) -> Void) {
        let early = state.withLock { state in
            state.expected[pid] = claim
            return state.unclaimed.removeValue(forKey: pid)
        }
        if let early, early.since + Self.patience > .now { claim(early.channel) }
    }

    func forget(_ pid: Int32) {
        state.withLock { _ = $0.expected.removeValue(forKey: pid) }
    }

    /// Stops listening; the socket's file goes.
    func close() {
        source.cancel()
        state.withLock { $0 = State() }
    }

    private func accept(_ listener: LinkListener) {
        do {
            while let channel = try listener.accept() { try admit(channel) }
        } catch {
            // Out of descriptors, most likely: the connection stays in the queue, and asking again at once would only spin.
            logger.error("can't take in a device host", metadata: ["error": "\(error)"])
            source.suspend()
            queue.asyncAfter(deadline: .now() + 1) { [source] in source.resume() }
        }
    }

    private func admit(_ channel: LinkChannel) throws {
        let peer = try channel.peer()
        guard peer.user == geteuid() else {
            logger.warning("another user's process was turned away from the device socket", metadata: ["pid": "\(peer.pid)", "uid": "\(peer.user)"])
            return
        }
        let claim = state.withLock { state -> (@Sendable (LinkChannel) -> Void)? in
            if let claim = state.expected[peer.pid] { return claim }
            if state.unclaimed.count < Self.maxUnclaimed, state.unclaimed[peer.pid] == nil { state.unclaimed[peer.pid] = (channel, .now) }
            return nil
        }
        guard let claim else {
            // Nobody's, by then: a host whose link is closed lets go of its device and ends.
            queue.asyncAfter(deadline: .now() + Self.patience / .seconds(1)) { [weak self] in
                self?.state.withLock { state in state.unclaimed = state.unclaimed.filter { $0.value.since + Self.patience > .now } }
            }
            return
        }
        claim(channel)
    }
}
