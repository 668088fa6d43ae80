internal import Glibc
internal import Synchronization

/// A keypad without a kernel: events of evdev on a Unix socket, which the driver is given as its device. What is pressed while nobody has it open
/// is lost, as with the kernel.
public final class KeypadSimulator: Sendable {
    /// Where it pulls its own plug.
    public enum Step: String, Sendable, CaseIterable {
        /// When it is opened.
        case open
        /// When a key is down and not released.
        case key
        /// In the middle of an event.
        case event
    }

    /// A key's way down and up, as `linux/input-event-codes.h` numbers it.
    public enum Value: Int32, Sendable {
        case up = 0, down = 1, held = 2
    }

    /// Of linux/input-event-codes.h, as Tests/VM/vm-device/wire/keypad.c names them.
    public static let codes: [String: UInt16] = [
        "0": 82, "1": 79, "2": 80, "3": 81, "4": 75, "5": 76, "6": 77, "7": 71, "8": 72, "9": 73, "enter": 96,
    ]

    /// Stable over unplugging; it does not exist while the keypad is unplugged.
    public var path: String { socket.path }
    private let socket: DeviceSocket
    private let state = Mutex(State())

    private struct State {
        var listener: Int32?
        var readers: [Int32] = []
        var step: Step?
    }

    /// Unplugged at first. The socket is made inside a new private directory, which ``remove()`` takes away.
    public init() throws {
        socket = try DeviceSocket("keypad", SOCK_STREAM)
    }

    public var isPlugged: Bool { state.withLock { $0.listener != nil } }

    /// Whether a driver has it open.
    public var isRead: Bool {
        state.withLock { state in
            // One that closed its end is no reader.
            state.readers.removeAll { reader in
                var entry = pollfd(fd: reader, events: 0, revents: 0)
                guard poll(&entry, 1, 0) > 0 else { return false }
                close(reader)
                return true
            }
            return !state.readers.isEmpty
        }
    }

    /// Does nothing when it is plugged in.
    public func plug() throws {
        try state.withLock { state in
            guard state.listener == nil else { return }
            state.listener = try socket.listen { [self] in accept($0, $1) }
        }
    }

    /// Returns when every reader has hung up and the path is gone.
    public func unplug() {
        state.withLock { Self.unplug(&$0, path) }
    }

    public func unplug(at step: Step) {
        state.withLock { $0.step = step }
    }

    /// A key goes down and up again.
    public func press(_ code: UInt16) {
        send(code, .down)
        send(code, .up)
    }

    public func send(_ code: UInt16, _ value: Value) {
        let event = Self.event(type: 1, code: code, value: value.rawValue)
        state.withLock { state in
            if state.step == .event, !state.readers.isEmpty {
                Self.write(Array(event.prefix(11)), &state)
                Self.unplug(&state, path)
                return
            }
            Self.write(event + Self.report, &state)
            if state.step == .key, value == .down, !state.readers.isEmpty { Self.unplug(&state, path) }
        }
    }

    /// The kernel's buffer ran over: these keys are what is left of a report that lost its beginning.
    public func overflow(_ codes: [UInt16]) {
        let dropped = Self.event(type: 0, code: 3, value: 0)
        state.withLock { Self.write(dropped + codes.flatMap { Self.event(type: 1, code: $0, value: 1) } + Self.report, &$0) }
    }

    /// Unplugs it for good.
    public func remove() {
        unplug()
        socket.remove()
    }

    // MARK: Events

    private static let report = event(type: 0, code: 0, value: 0)

    /// `struct input_event` with 64-bit times, which are zero.
    private static func event(type: UInt16, code: UInt16, value: Int32) -> [UInt8] {
        [UInt8](repeating: 0, count: 16) + [UInt8(type & 0xFF), UInt8(type >> 8), UInt8(code & 0xFF), UInt8(code >> 8)]
            + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func write(_ bytes: [UInt8], _ state: inout State) {
        for reader in state.readers { _ = Glibc.send(reader, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    }

    // MARK: The socket

    private func accept(_ listener: Int32, _ reader: Int32) {
        state.withLock { state in
            guard state.listener == listener else { return _ = close(reader) }
            state.readers.append(reader)
            if state.step == .open { Self.unplug(&state, path) }
        }
    }

    private static func unplug(_ state: inout State, _ path: String) {
        state.step = nil
        unlink(path)
        for reader in state.readers { close(reader) }
        state.readers = []
        // Wakes the thread, which closes it.
        if let listener = state.listener { shutdown(listener, Int32(SHUT_RDWR)) }
        state.listener = nil
    }
}
