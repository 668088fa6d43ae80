/// What a scenario that came to its end has shown.
struct ScenarioReport: Sendable, Equatable {
    enum Use: String, Sendable, Comparable {
        case probe, driver

        static func < (left: Use, right: Use) -> Bool { left == .probe && right == .driver }
    }

    /// Kinds that were really used, and by whom: a driver counts for more than a probe.
    var used: [String: Use] = [:]
    /// Plugs pulled.
    var unplugs = 0
    /// Those after which the device was of use again.
    var recovered = 0

    mutating func use(_ kind: String, by use: Use) {
        used[kind] = max(used[kind] ?? use, use)
    }

    /// `devices=usb-sdt-a:driver unplugs=1 recovered=1`
    var line: String {
        let devices = used.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",")
        return "devices=\(devices.isEmpty ? "none" : devices) unplugs=\(unplugs) recovered=\(recovered)"
    }
}
