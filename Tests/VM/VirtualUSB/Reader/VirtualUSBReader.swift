public import Bench
internal import Foundation
internal import Glibc
internal import Synchronization

/// A virtual ID-card reader on USB, 0400:C35A at full speed: a driver finds and opens it as it would a real one.
///
/// The kernel's vhci-hcd is its host controller, so plugging in needs Linux with that module, and root. What the reader does is
/// `SDTReaderCore`'s, as on the simulated serial port.
public final class VirtualUSBReader: Sendable {
    public typealias Fault = SDTReaderCore.Fault
    public typealias Step = SDTReaderCore.Step

    private struct Plug {
        var connection: USBIPConnection
        var port: Int
        /// `1-1` and the like.
        var device: String
    }

    public let framing: SDTUSBFraming
    private let device: Mutex<SDTUSBDevice>
    private let plugged = Mutex<Plug?>(nil)
    private let lastPort = Mutex<Int?>(nil)
    private let controller: VHCIController

    public convenience init(framing: SDTUSBFraming) {
        self.init(framing: framing, controller: VHCIController())
    }

    init(framing: SDTUSBFraming, controller: VHCIController) {
        self.framing = framing
        self.controller = controller
        device = Mutex(SDTUSBDevice(framing: framing))
    }

    // MARK: The plug

    /// Plugs the reader in, into `port` of the virtual controller or the first free one, and returns once the kernel has set it up.
    /// Does nothing when it is plugged in.
    /// - Throws: what keeps the kernel from taking it, or `Poll.Missed` after `deadline`.
    public func plug(port wanted: Int? = nil, deadline: Duration) async throws {
        if isPlugged { return }
        try await unplug(deadline: deadline)
        guard let port = try wanted ?? controller.status().freePort() else { throw VHCIController.Failure.noFreePort }
        let (connection, kernelEnd) = try connect()
        do {
            defer { close(kernelEnd) }
            try controller.attach(port: port, socket: kernelEnd)
            plugged.withLock { $0 = Plug(connection: connection, port: port, device: "") }
            lastPort.withLock { $0 = port }
        } catch {
            connection.close()
            throw error
        }
        typealias Found = Result<String, any Error>
        let found = try await Poll.until("the kernel has set the reader up", deadline: deadline) { () -> Poll.Outcome<Found> in
            // Nobody will set up what has hung up; thrown here, it would only be what was seen last.
            guard connection.isOpen else { return .there(.failure(connection.failure ?? VHCIController.Failure.hungUp(port: port))) }
            guard let entry = try controller.status().port(port), entry.state == .used, entry.device != "0-0" else {
                return .notYet("the port has no device yet")
            }
            return Self.attribute("bConfigurationValue", of: entry.device) == "1"
                ? .there(.success(entry.device)) : .notYet("\(entry.device) is not configured")
        }
        let name = try found.get()
        plugged.withLock { $0?.device = name }
    }

    /// Unplugs the reader and plugs it in again; into another port if one is free, so that its path in the bus is another as well as its address.
    public func replug(elsewhere: Bool = false, deadline: Duration) async throws {
        let last = lastPort.withLock { $0 }
        try await unplug(deadline: deadline)
        try await plug(port: elsewhere ? try controller.status().freePort(avoiding: last) : last, deadline: deadline)
    }

    /// Pulls the plug, if it has not been pulled yet, and returns when the device is gone from sysfs and its port free.
    public func unplug(deadline: Duration) async throws {
        guard let plug = plugged.withLock({ $0 }) else { return }
        plug.connection.close()
        try await Poll.until("the kernel has let go of the reader", deadline: deadline) { () -> Poll.Outcome<Void> in
            guard try controller.status().port(plug.port)?.state == .free else { return .notYet("its port is not free") }
            let isListed = !plug.device.isEmpty && FileManager.default.fileExists(atPath: Self.devices + plug.device)
            return isListed ? .notYet("\(plug.device) is still listed") : .there(())
        }
        plugged.withLock { $0 = nil }
    }

    /// Arms the plug to be pulled when `step` is asked for next: the request has arrived, and of its answer `bytes` are sent and no more.
    public func unplug(at step: Step, afterBytes bytes: Int = 0) {
        device.withLock { $0.front.unplug(at: step, afterBytes: bytes) }
    }

    /// Whether the device is on its bus; false from the moment the plug is pulled.
    public var isPlugged: Bool { plugged.withLock { $0?.connection.isOpen ?? false } }

    /// Bus and device number of the moment, as in `/dev/bus/usb/BUS/DEVICE`; nil when unplugged.
    public var address: (bus: Int, device: Int)? {
        guard let name = plugged.withLock({ $0?.device }), let bus = Self.attribute("busnum", of: name).flatMap({ Int($0) }),
            let number = Self.attribute("devnum", of: name).flatMap({ Int($0) })
        else { return nil }
        return (bus, number)
    }

    private static let devices = "/sys/bus/usb/devices/"

    private static func attribute(_ name: String, of device: String) -> String? {
        guard let text = try? String(contentsOfFile: devices + device + "/" + name, encoding: .utf8) else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Powers the device up on one end of a socket pair and returns the other, which the caller closes.
    func connect() throws -> (USBIPConnection, Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw USBIPError.system(call: "socketpair", code: errno)
        }
        device.withLock { $0.restart() }
        return (USBIPConnection(socket: ends[0]) { [self] request in device.withLock { $0.handle(request) } }, ends[1])
    }

    // MARK: The reader

    /// What the reader was asked so far, oldest first.
    public var requests: [Step] { device.withLock { $0.front.core.requests } }

    public func lay(_ card: SyntheticCard) {
        device.withLock { $0.front.core.lay(card) }
    }

    public func lift() {
        device.withLock { $0.front.core.lift() }
    }

    /// Makes the next `times` answers go wrong, those at `step` only if one is given.
    public func inject(_ fault: Fault, at step: Step? = nil, times: Int = 1) {
        device.withLock { $0.front.core.inject(fault, at: step, times: times) }
    }

    /// The same on the bus.
    public func inject(_ fault: SDTUSBFault, at step: Step? = nil, times: Int = 1) {
        device.withLock { $0.front.inject(fault, at: step, times: times) }
    }
}
