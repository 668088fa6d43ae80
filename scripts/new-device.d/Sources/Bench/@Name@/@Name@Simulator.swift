internal import Dispatch
internal import Synchronization

/// A virtual @words@ on a serial port: the real driver opens `devicePath`.
public final class @Name@Simulator: Sendable {
    /// Where a driver is in the protocol: the question it has just asked.
    public enum Step: String, Sendable, CaseIterable {
        case identity
        case state
    }

    /// How the device behaves.
    public struct Behaviour: Sendable {
        public var isSilent = false
        public var isJammed = false
        /// The plug is pulled there, before the question is answered.
        var pull: Step?
        fileprivate var input: [UInt8] = []
    }

    /// What port and hands share.
    private final class Shared: Sendable {
        let behaviour = Mutex(Behaviour())
        /// Pulls the plug: set once the port is there.
        let unplug = Mutex<(@Sendable () -> Void)?>(nil)

        func receive(_ bytes: [UInt8]) -> [UInt8] {
            let (sent, isPulled) = behaviour.withLock { $0.receive(bytes) }
            // The port's own thread can't wait for its end.
            if isPulled, let unplug = unplug.withLock({ $0 }) { DispatchQueue.global().async(execute: unplug) }
            return sent
        }
    }

    private let shared: Shared
    private let port: VirtualSerialPort

    public init() throws {
        let shared = Shared()
        self.shared = shared
        let port = try VirtualSerialPort("@name@") { shared.receive($0) }
        self.port = port
        shared.unplug.withLock { $0 = { [weak port] in port?.unplug() } }
    }

    /// Stable over unplugging; it does not exist while the device is unplugged.
    public var devicePath: String { port.path }

    public var isPlugged: Bool { port.isPlugged }

    public func set(_ change: @Sendable (inout Behaviour) -> Void) {
        shared.behaviour.withLock { change(&$0) }
    }

    /// Plugs it in, powered up anew. Does nothing when it is plugged in.
    public func plug() throws {
        guard !port.isPlugged else { return }
        set { $0.input = [] }
        try port.plug()
    }

    /// Pulls the plug: an open port hangs up, and the path is gone. Returns when both have happened.
    public func unplug() {
        port.unplug()
    }

    /// Pulls it when a driver next gets to that step.
    public func unplug(at step: Step) {
        set { $0.pull = step }
    }

    public func stop() {
        port.remove()
    }
}

extension @Name@Simulator.Behaviour {
    /// Takes any piece of what a driver sent: what comes back, and whether the plug was pulled.
    fileprivate mutating func receive(_ bytes: [UInt8]) -> (sent: [UInt8], isPulled: Bool) {
        input += bytes
        var sent: [UInt8] = []
        while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
            let question = String(decoding: input[..<end], as: UTF8.self)
            input.removeFirst(end + 1)
            let steps: [String: @Name@Simulator.Step] = ["?ID\r": .identity, "?ST\r": .state]
            guard let step = steps[question] else { continue }
            if step == pull {
                pull = nil
                return ([], true)
            }
            if !isSilent { sent += Array(answer(step).utf8) }
        }
        return (sent, false)
    }

    private func answer(_ step: @Name@Simulator.Step) -> String {
        switch step {
        case .identity: "!ID @Name@ 1.0\r\n"
        case .state: isJammed ? "!ST jammed\r\n" : "!ST ok\r\n"
        }
    }
}
