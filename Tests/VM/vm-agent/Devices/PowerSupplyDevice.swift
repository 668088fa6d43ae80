import Bench

/// `nut`: the real upsd and its dummy-ups. The plug is the driver's: what a UPS whose cable is out looks like is `freeze`.
struct PowerSupplyDevice: VMDevice {
    private let server: NetworkUPSServer

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a power supply has no options") }
        server = try NetworkUPSServer()
    }

    var isPlugged: Bool { get async { await server.isPlugged } }

    func plug(within deadline: Duration) async throws { try await server.plug() }

    func unplug(within deadline: Duration) async throws { await server.unplug() }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options": return "ups=\(server.address)"
        case "status": try await server.set(["ups.status": arguments.joined(separator: " ")])
        case "battery":
            guard arguments.count == 2 else { throw DeviceTrouble("write `battery NAME PERCENT SECONDS`") }
            try await server.set(["battery.charge": arguments[0], "battery.runtime": arguments[1]])
        case "freeze": await server.freeze()
        case "thaw": await server.thaw()
        case "stop-server": await server.stopServer()
        case "start-server": try await server.startServer()
        default:
            throw DeviceTrouble("a power supply has no verb `\(verb)`; verbs are options, status, battery, freeze, thaw, stop-server, start-server")
        }
        return "done"
    }

    func end() async { await server.remove() }
}
