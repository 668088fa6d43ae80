import Bench
import VirtualUSB

/// `functionfs-sdt`: an ID-card reader as a gadget on dummy_hcd, framing B on whatever endpoints that gives.
struct FunctionFSReaderDevice: VMDevice {
    private static let verbs = "options, lay, lift, asked, inject"
    private static let faults = SDTReaderCore.Fault.named.map { "\($0)" }
    private let reader: FunctionFSReader

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a reader on FunctionFS has no options") }
        reader = FunctionFSReader()
    }

    var isPlugged: Bool { reader.isPlugged }

    func plug(within deadline: Duration) async throws {
        // As many controllers as gadgets may want in one scenario.
        try await KernelModule.load("libcomposite", "usb_f_fs", "dummy_hcd", parameters: ["num=8"])
        try await reader.plug(deadline: deadline)
    }

    func unplug(within deadline: Duration) async throws { await reader.unplug() }

    func unplug(at step: String) async throws {
        reader.unplug(at: try ReaderVerbs.step(step))
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options": return "usb=0400:c35a patience=10"
        case "lay": reader.lay(try ReaderVerbs.card(arguments))
        case "lift": reader.lift()
        case "asked": try await ReaderVerbs.asked(arguments, { reader.requests }, within: deadline)
        case "inject":
            let (name, step, times) = try ReaderVerbs.injection(arguments, known: Self.faults)
            if let fault = SDTReaderCore.Fault(name: name) { reader.inject(fault, at: step, times: times) }
        default: throw DeviceTrouble("a reader has no verb `\(verb)`; verbs are \(Self.verbs)")
        }
        return "done"
    }

    func end() async {
        await reader.unplug()
    }
}
