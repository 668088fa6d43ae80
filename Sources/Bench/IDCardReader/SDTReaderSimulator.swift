internal import Synchronization

/// A virtual ID-card reader on a serial port: the real driver opens `devicePath`.
public final class SDTReaderSimulator: Sendable {
    public typealias Fault = SDTReaderCore.Fault
    public typealias Step = SDTReaderCore.Step

    private let core: Core
    private let port: VirtualSerialPort

    private struct State {
        var core = SDTReaderCore()
        var speed: Int32 = 115_200
        var unpluggingStep: Step?

        /// Nil when the plug is pulled instead.
        mutating func answer(_ bytes: [UInt8], at driverSpeed: Int32) -> [UInt8]? {
            guard driverSpeed == speed else {
                // To a slower device the request is one long spike, and it says nothing. A faster one takes it for several bytes, none of them
                // right; what comes back of it is noise.
                return driverSpeed > speed ? [] : [0x00, 0xE0, 0xFF, 0x1C]
            }
            let answers = core.answers(to: bytes)
            if let step = unpluggingStep, answers.contains(where: { $0.step == step }) {
                unpluggingStep = nil
                return nil
            }
            return answers.flatMap { $0.frames.flatMap(\.self) }
        }
    }

    /// What port and hands share.
    private final class Core: Sendable {
        private let state = Mutex(State())

        func withLock<Result>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }
    }

    public init() throws {
        let core = Core()
        self.core = core
        port = try VirtualSerialPort("reader") { bytes, speed in core.withLock { $0.answer(bytes, at: speed) } }
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
    public var requests: [Step] { core.withLock { $0.core.requests } }

    public var isPlugged: Bool { port.isPlugged }

    /// Whether a card lies on the reader.
    public var hasCard: Bool { core.withLock { $0.core.card != nil } }

    public func lay(_ card: SyntheticCard) {
        core.withLock { $0.core.lay(card) }
    }

    public func lift() {
        core.withLock { $0.core.lift() }
    }

    /// Makes the next `times` answers go wrong, those at `step` only if one is given.
    public func inject(_ fault: Fault, at step: Step? = nil, times: Int = 1) {
        core.withLock { $0.core.inject(fault, at: step, times: times) }
    }

    public func clearFaults() {
        core.withLock { $0.core.clearFaults() }
    }

    /// The speed that the reader listens and answers at, baud; 115200 at first. A driver that has set another gets nothing, or noise.
    public var speed: Int32 {
        get { core.withLock { $0.speed } }
        set { core.withLock { $0.speed = newValue } }
    }

    /// Arms the plug to be pulled when `step` is asked for next, before its answer.
    public func unplug(at step: Step) {
        core.withLock { $0.unpluggingStep = step }
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        port.unplug()
    }

    /// Plugs the reader in again, powered up anew. Does nothing when it is plugged in.
    public func replug() throws {
        guard !port.isPlugged else { return }
        core.withLock { $0.core.restart() }
        try port.plug()
    }
}
