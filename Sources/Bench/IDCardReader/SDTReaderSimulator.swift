internal import Synchronization

/// A virtual ID-card reader on a serial port: the real driver opens `devicePath`.
public final class SDTReaderSimulator: Sendable {
    public typealias Fault = SDTReaderCore.Fault
    public typealias Step = SDTReaderCore.Step

    private let core: Core
    private let port: VirtualSerialPort

    /// What port and hands share.
    private final class Core: Sendable {
        let state = Mutex(SDTReaderCore())
    }

    public init() throws {
        let core = Core()
        self.core = core
        port = try VirtualSerialPort("reader") { bytes in core.state.withLock { $0.receive(bytes) } }
    }

    /// Stable over unplugging; it does not exist while the reader is unplugged.
    public var devicePath: String { port.path }

    /// Plugs the reader in.
    public func start() async throws {
        try replug()
    }

    public func stop() async {
        port.remove()
    }

    /// What the reader was asked so far, oldest first.
    public var requests: [Step] { core.state.withLock { $0.requests } }

    public var isPlugged: Bool { port.isPlugged }

    /// Whether a card lies on the reader.
    public var hasCard: Bool { core.state.withLock { $0.card != nil } }

    public func lay(_ card: SyntheticCard) {
        core.state.withLock { $0.lay(card) }
    }

    public func lift() {
        core.state.withLock { $0.lift() }
    }

    /// Makes the next `times` answers go wrong, those at `step` only if one is given.
    public func inject(_ fault: Fault, at step: Step? = nil, times: Int = 1) {
        core.state.withLock { $0.inject(fault, at: step, times: times) }
    }

    public func clearFaults() {
        core.state.withLock { $0.clearFaults() }
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        port.unplug()
    }

    /// Plugs the reader in again, powered up anew. Does nothing when it is plugged in.
    public func replug() throws {
        guard !port.isPlugged else { return }
        core.state.withLock { $0.restart() }
        try port.plug()
    }
}
