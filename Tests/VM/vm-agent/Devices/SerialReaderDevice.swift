import Bench

/// `pty-sdt`: the simulated ID-card reader on a serial port.
struct SerialReaderDevice: VMDevice {
    private static let faults = SDTReaderCore.Fault.named.map { "\($0)" }
    private let reader: SDTReaderSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a reader on a serial port has no options") }
        reader = try SDTReaderSimulator()
    }

    var isPlugged: Bool { reader.isPlugged }

    func plug(within deadline: Duration) async throws { try reader.replug() }

    func unplug(within deadline: Duration) async throws { reader.unplug() }

    func unplug(at step: String) async throws { reader.unplug(at: try ReaderVerbs.step(step)) }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        // Without a speed: the driver finds the reader's own.
        case "options": return "port=\(reader.devicePath)"
        case "lay": reader.lay(try ReaderVerbs.card(arguments))
        case "lift": reader.lift()
        case "asked": try await ReaderVerbs.asked(arguments, { reader.requests }, within: deadline)
        case "speed":
            guard let speed = arguments.first.flatMap({ Int32($0) }), arguments.count == 1 else { throw DeviceTrouble("write `speed READER BAUD`") }
            reader.speed = speed
        case "inject":
            let (name, step, times) = try ReaderVerbs.injection(arguments, known: Self.faults)
            if let fault = SDTReaderCore.Fault(name: name) { reader.inject(fault, at: step, times: times) }
        default: throw DeviceTrouble("a reader has no verb `\(verb)`; verbs are options, lay, lift, asked, speed, inject")
        }
        return "done"
    }

    func end() async {
        await reader.stop()
    }
}
