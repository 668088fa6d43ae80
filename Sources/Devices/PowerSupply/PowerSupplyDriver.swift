public import DeviceLink
public import KioskModel
internal import PowerSupplyShim

/// Uninterruptible power supplies that Network UPS Tools has a driver for. There is nothing to command: what it has to tell is its status.
///
/// Each poll asks anew on a connection of its own, so that a server that was restarted is found again by the next.
public final class PowerSupplyDriver: DeviceDriver {
    /// Milliseconds for one question. Far below the ten seconds of a poll: a server on the same machine answers at once.
    private static let limit: Int32 = 3000
    /// A UPS tells some fifty.
    private static let mostVariables = 256

    private let address: UPSAddress

    /// Options: `ups`, `NAME@HOST:PORT` as upsc takes it; without a host 127.0.0.1, without a port 3493.
    /// - Throws: `DeviceFault` `ups.configuration`.
    public init(options: [String: String]) throws {
        address = try UPSAddress(options: options)
    }

    public func poll() -> DeviceStatus {
        do {
            return try read().status
        } catch {
            return DeviceStatus(state: error.state, fault: error.fault)
        }
    }

    public func perform(_ command: DeviceCommand, files: [MemoryFile], context: CommandContext) throws -> DeviceReply {
        throw DeviceFault(code: "ups.unsupported-command", action: .configure, detail: "a power supply carries out no commands")
    }

    private func read() throws(UPSFailure) -> UPSReport {
        var variables = [kiosk_ups_variable](repeating: kiosk_ups_variable(), count: Self.mostVariables)
        let count = kiosk_ups_read(address.host, address.port, address.name, &variables, variables.count, Self.limit)
        guard count >= 0 else { throw UPSFailure(code: count) }
        let pairs = variables.prefix(Int(count)).map { (Self.text(of: $0.name), Self.text(of: $0.value)) }
        return UPSReport(variables: Dictionary(pairs) { first, _ in first })
    }

    /// A C array of characters, which Swift sees as a tuple.
    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
