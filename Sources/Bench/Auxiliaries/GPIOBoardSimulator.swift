internal import Glibc
internal import Synchronization

/// A board with lights, a buzzer and sensors, on a Unix socket that the driver is given as its chip (Drivers/Auxiliaries tells the messages).
public final class GPIOBoardSimulator: Sendable {
    /// Where it pulls its own plug.
    public enum Step: String, Sendable, CaseIterable {
        /// When it is opened.
        case open
        /// When a pin is taken.
        case take
        /// When an output is switched on.
        case on
        /// When a sensor has told its edge.
        case edge
    }

    /// Stable over unplugging; it does not exist while the board is unplugged.
    public var path: String { socket.path }
    private let socket: DeviceSocket
    private let state = Mutex(State())

    private struct State {
        var listener: Int32?
        var driver: Int32?
        var levels: [UInt8: Bool] = [:]
        var rises: [UInt8: Int] = [:]
        var step: Step?
    }

    /// Unplugged at first, every level low. The socket is made inside a new private directory, which ``remove()`` takes away.
    public init() throws {
        socket = try DeviceSocket("board", SOCK_SEQPACKET)
    }

    public var isPlugged: Bool { state.withLock { $0.listener != nil } }

    /// The level of a pin.
    public func level(_ pin: UInt8) -> Bool { state.withLock { $0.levels[pin, default: false] } }

    /// How often an output went from low to high.
    public func rises(_ pin: UInt8) -> Int { state.withLock { $0.rises[pin, default: 0] } }

    /// Moves a sensor; the driver, if there is one, is told.
    public func set(_ pin: UInt8, _ level: Bool) {
        state.withLock { state in
            guard state.levels.updateValue(level, forKey: pin) ?? false != level else { return }
            Self.tell(pin, state)
            if state.step == .edge, state.driver != nil { Self.unplug(&state, path) }
        }
    }

    /// Does nothing when it is plugged in.
    public func plug() throws {
        try state.withLock { state in
            guard state.listener == nil else { return }
            state.listener = try socket.listen { [self] in accept($0, $1) }
        }
    }

    /// Returns when the driver's line has hung up and the path is gone.
    public func unplug() {
        state.withLock { Self.unplug(&$0, path) }
    }

    public func unplug(at step: Step) {
        state.withLock { $0.step = step }
    }

    /// Hangs up on the driver, and is there for it again at once.
    public func hangUp() {
        state.withLock { state in
            if let driver = state.driver { shutdown(driver, Int32(SHUT_RDWR)) }
            state.driver = nil
        }
    }

    /// Unplugs it for good.
    public func remove() {
        unplug()
        socket.remove()
    }

    // MARK: The socket

    /// One driver after the other.
    private func accept(_ listener: Int32, _ driver: Int32) {
        let isWanted = state.withLock { state in
            guard state.listener == listener else { return false }
            state.driver = driver
            if state.step == .open { Self.unplug(&state, path) }
            return true
        }
        if isWanted { serve(driver) }
        state.withLock { if $0.driver == driver { $0.driver = nil } }
        close(driver)
    }

    private func serve(_ driver: Int32) {
        var message = [UInt8](repeating: 0, count: 4)
        while true {
            let count = recv(driver, &message, message.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count == 4 else { return }
            let (kind, pin, level) = (message[0], message[1], message[2] != 0)
            state.withLock { state in
                guard state.driver == driver else { return }
                let isTaken = [UInt8(ascii: "I"), UInt8(ascii: "O")].contains(kind)
                if kind == UInt8(ascii: "I") { Self.tell(pin, state) }
                if kind == UInt8(ascii: "S") {
                    let was = state.levels.updateValue(level, forKey: pin) ?? false
                    if level, !was { state.rises[pin, default: 0] += 1 }
                }
                let isOn = kind == UInt8(ascii: "S") && level
                if state.step == .take && isTaken || state.step == .on && isOn { Self.unplug(&state, path) }
            }
        }
    }

    private static func tell(_ pin: UInt8, _ state: State) {
        guard let driver = state.driver else { return }
        let message = [UInt8(ascii: "E"), pin, state.levels[pin, default: false] ? 1 : 0, 0]
        _ = send(driver, message, message.count, Int32(MSG_NOSIGNAL))
    }

    /// Without power nothing is lit.
    private static func unplug(_ state: inout State, _ path: String) {
        state.step = nil
        unlink(path)
        // Both wake the thread, which closes them.
        if let driver = state.driver { shutdown(driver, Int32(SHUT_RDWR)) }
        if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
        state.driver = nil
        state.listener = nil
        state.levels = [:]
    }
}
