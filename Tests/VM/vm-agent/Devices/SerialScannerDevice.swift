import Bench

/// `pty-scanner`: the simulated code scanner on a serial port. Its words are those of `hid`.
struct SerialScannerDevice: VMDevice {
    private let scanner: CodeScannerSimulator

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a code scanner on a serial port has no options") }
        scanner = try CodeScannerSimulator()
    }

    var isPlugged: Bool { scanner.isPlugged }

    func plug(within deadline: Duration) async throws { try scanner.plug() }

    func unplug(within deadline: Duration) async throws { scanner.unplug() }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch (verb, arguments.count) {
        case ("options", 0): return "port=\(scanner.devicePath)"
        case ("scan", 1): scanner.scan(arguments[0])
        case ("show", 1): scanner.show(arguments[0])
        case ("hide", 0): scanner.hide()
        case ("scan-part", 1): scanner.scanPart(arguments[0])
        default:
            throw DeviceTrouble(
                "a code scanner has no verb `\(([verb] + arguments).joined(separator: " "))`; verbs are options, scan CODE, scan-part CODE")
        }
        // As a gadget's answer without a text.
        return ""
    }

    func end() async {
        scanner.stop()
    }
}
