import Bench

/// `pty-receipt`: the simulated receipt printer on a serial port.
struct SerialReceiptDevice: VMDevice {
    private let printer: ReceiptPrinterSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a receipt printer on a serial port has no options") }
        printer = try ReceiptPrinterSimulator()
    }

    var isPlugged: Bool { printer.isPlugged }

    func plug(within deadline: Duration) async throws { try printer.plug() }

    func unplug(within deadline: Duration) async throws { printer.unplug() }

    func unplug(at step: String) async throws { printer.unplug(at: try ReceiptVerbs.step(step)) }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        verb == "options" ? "port=\(printer.devicePath)" : try await ReceiptVerbs.perform(verb, arguments, on: printer, within: deadline)
    }

    func end() async {
        printer.remove()
    }
}
