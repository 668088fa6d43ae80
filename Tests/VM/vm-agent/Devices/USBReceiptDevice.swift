import Bench

/// `usb-receipt`: the simulated receipt printer behind a gadget of the USB printer class, which the kernel's usblp drives.
actor USBReceiptDevice: VMDevice {
    private let printer: ReceiptPrinterSimulator
    private let gadget: GadgetDevice

    init(options: [String: String], place: VMPlace) throws {
        guard options.isEmpty else { throw DeviceTrouble("a receipt printer on USB has no options") }
        printer = try ReceiptPrinterSimulator()
        let role = GadgetDevice.Role(
            name: "printer", uses: [("printer", [])], verbs: ["paper"], arguments: ["--line", printer.devicePath])
        gadget = try GadgetDevice(role, options: [:], place: place)
    }

    var isPlugged: Bool { get async { await gadget.isPlugged } }

    func plug(within deadline: Duration) async throws {
        try printer.plug()
        try await gadget.plug(within: deadline)
    }

    func unplug(within deadline: Duration) async throws {
        try await gadget.unplug(within: deadline)
        printer.unplug()
    }

    func unplug(at step: String) async throws {
        let step = try ReceiptVerbs.step(step)
        printer.unplug(at: step) { Task { try await self.unplug(within: .seconds(60)) } }
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        // The gadget's ids are those of vm-device; software emulation is slow.
        if verb == "options" { return "usb=\(GadgetDevice.printerIDs) patience=10" }
        let answer = try await ReceiptVerbs.perform(verb, arguments, on: printer, within: deadline)
        if verb == "paper" {
            let hasPaper = printer.look { $0.hasPaper }
            _ = try await gadget.perform("paper", [hasPaper ? "in" : "out"], within: deadline)
        }
        return answer
    }

    func end() async {
        printer.free()
        await gadget.end()
        printer.remove()
    }
}
