import Bench

/// `usb-receipt`: the simulated receipt printer behind a gadget of the USB printer class, which the kernel's usblp drives.
actor USBReceiptDevice: VMDevice {
    private let printer: ReceiptPrinterSimulator
    private let gadget: GadgetDevice
    /// The pulling of its own plug, from the step until the kernel has lost it.
    private var pulling: Task<Void, any Error>?

    init(options: [String: String], place: VMPlace) throws {
        guard options.isEmpty else { throw DeviceTrouble("a receipt printer on USB has no options") }
        printer = try ReceiptPrinterSimulator()
        let role = GadgetDevice.Role(
            name: "printer", uses: [("printer", [])], verbs: ["paper"], arguments: ["--line", printer.devicePath])
        gadget = try GadgetDevice(role, options: [:], place: place)
    }

    var isPlugged: Bool {
        get async {
            // The driver misses the printer before the plug is all out.
            _ = await pulling?.result
            return await gadget.isPlugged
        }
    }

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
        printer.unplug(at: step) { Task { await self.pull() } }
    }

    private func pull() {
        pulling = Task { try await unplug(within: .seconds(60)) }
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
