internal import Dispatch
internal import Synchronization

/// A virtual locker on a serial port: the real driver opens `devicePath`.
public final class LockerSimulator: Sendable {
    public typealias Step = LockerCore.Step

    /// What port and hands share.
    private final class Shared: Sendable {
        let state: Mutex<(core: LockerCore, pull: Step?)>
        /// Pulls the plug: set once the port is there.
        let unplug = Mutex<(@Sendable () -> Void)?>(nil)

        init(_ cabinet: LockerCore.Cabinet) {
            state = Mutex((LockerCore(cabinet), nil))
        }

        func receive(_ bytes: [UInt8]) -> [UInt8] {
            let (sent, isPulled) = state.withLock { state in
                var isPulled = false
                let pull = state.pull
                let sent = state.core.receive(bytes) { step in
                    isPulled = isPulled || step == pull
                    return !isPulled
                }
                if isPulled { state.pull = nil }
                return (sent, isPulled)
            }
            // The port's own thread can't wait for its end.
            if isPulled, let unplug = unplug.withLock({ $0 }) { DispatchQueue.global().async(execute: unplug) }
            return isPulled ? [] : sent
        }
    }

    private let shared: Shared
    private let port: VirtualSerialPort

    public init(_ cabinet: LockerCore.Cabinet = LockerCore.Cabinet()) throws {
        let shared = Shared(cabinet)
        self.shared = shared
        let port = try VirtualSerialPort("locker") { shared.receive($0) }
        self.port = port
        shared.unplug.withLock { $0 = { [weak port] in port?.unplug() } }
    }

    /// Stable over unplugging; it does not exist while the locker is unplugged.
    public var devicePath: String { port.path }

    public var isPlugged: Bool { port.isPlugged }

    public var openDoors: Set<Int> { shared.state.withLock { $0.core.openDoors } }

    /// How many times a lock was told to open.
    public var openings: Int { shared.state.withLock { $0.core.openings } }

    /// Changes how the boards behave: `stuckDoors`, `echoes`, `isNoisy`, `isWithholding`, the polarity.
    public func set(_ change: @Sendable (inout LockerCore) -> Void) {
        shared.state.withLock { change(&$0.core) }
    }

    /// A hand opens or closes a door. `isTold`: the board says so unasked.
    public func turn(_ door: Int, open: Bool, isTold: Bool = false) {
        let frame = shared.state.withLock { $0.core.turn(door, open: open) }
        if isTold { port.send(frame) }
    }

    /// What was withheld comes now.
    public func release() {
        let frame = shared.state.withLock { $0.core.release() }
        port.send(frame)
    }

    /// Something else's bytes on the line.
    public func disturb(_ bytes: [UInt8]) {
        port.send(bytes)
    }

    /// Plugs the locker in, powered up anew. Does nothing when it is plugged in.
    public func plug() throws {
        guard !port.isPlugged else { return }
        shared.state.withLock { $0.core.restart() }
        try port.plug()
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        port.unplug()
    }

    /// Pulls it when a driver next gets to that step, before it is answered.
    public func unplug(at step: Step) {
        shared.state.withLock { $0.pull = step }
    }

    public func stop() {
        port.remove()
    }
}
