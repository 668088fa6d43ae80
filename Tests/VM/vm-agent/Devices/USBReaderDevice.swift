import Bench
import VirtualUSB

/// `usb-sdt-a` and `usb-sdt-b`: an ID-card reader on vhci-hcd.
struct USBReaderDevice: VMDevice {
    private static let verbs = "options, lay, lift, asked, inject, replug, move"
    private static let faults = SDTReaderCore.Fault.named.map { "\($0)" } + SDTUSBFault.allCases.map(\.rawValue)
    let pulling: Set<String> = ["replug", "move"]
    private let reader: VirtualUSBReader

    init(framing: SDTUSBFraming, options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a reader on USB has no options") }
        reader = VirtualUSBReader(framing: framing)
    }

    var isPlugged: Bool { reader.isPlugged }

    func plug(within deadline: Duration) async throws {
        try await KernelModule.load("vhci-hcd")
        try await reader.plug(deadline: deadline)
    }

    func unplug(within deadline: Duration) async throws { try await reader.unplug(deadline: deadline) }

    /// `read`, or `read:640`: after that many bytes of the answer.
    func unplug(at step: String) async throws {
        let parts = step.split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let bytes = parts.count == 1 ? 0 : Int(parts[1]), bytes >= 0 else {
            throw DeviceTrouble("write `unplug READER at STEP` or `at STEP:BYTES`, not `\(step)`")
        }
        reader.unplug(at: try ReaderVerbs.step(name), afterBytes: bytes)
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        // What works in the field takes longer in a machine that is emulated.
        case "options": return "usb=0400:c35a patience=10"
        case "lay": reader.lay(try ReaderVerbs.card(arguments))
        case "lift": reader.lift()
        case "asked": try await ReaderVerbs.asked(arguments, { reader.requests }, within: deadline)
        case "inject":
            let (name, step, times) = try ReaderVerbs.injection(arguments, known: Self.faults)
            if let fault = SDTUSBFault(rawValue: name) {
                reader.inject(fault, at: step, times: times)
            } else if let fault = SDTReaderCore.Fault(name: name) {
                reader.inject(fault, at: step, times: times)
            }
        case "replug": try await reader.replug(deadline: deadline)
        // Into another port: another path in the bus, and another address.
        case "move":
            let before = reader.address.map { "\($0)" }
            try await reader.replug(elsewhere: true, deadline: deadline)
            guard before != reader.address.map({ "\($0)" }) else { throw DeviceTrouble("the reader came back at the same address") }
        default: throw DeviceTrouble("a reader has no verb `\(verb)`; verbs are \(Self.verbs)")
        }
        return "done"
    }

    func end() async {
        try? await reader.unplug(deadline: .seconds(60))
    }
}
