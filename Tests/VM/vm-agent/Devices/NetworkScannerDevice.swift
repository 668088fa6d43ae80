import Bench
import Foundation

/// `escl`: a scanner on the network, which Debian's sane-airscan finds.
struct NetworkScannerDevice: VMDevice {
    private static let usage = "a scanner has the verbs options, load, lay, empty, jam, open, break, mend, hang, hanging, release"
    private let scanner = ESCLScannerSimulator(nativeResolution: 200)

    init(options: [String: String]) throws {
        guard options.isEmpty else { throw DeviceTrouble("a scanner on the network has no options") }
    }

    var isPlugged: Bool {
        get async { await scanner.isPlugged }
    }

    func plug(within deadline: Duration) async throws { try await scanner.start() }

    func unplug(within deadline: Duration) async throws { await scanner.switchOff() }

    func unplug(at step: String) async throws {
        guard let step = ESCLScannerSimulator.Step(rawValue: step) else {
            throw DeviceTrouble("the steps are \(ESCLScannerSimulator.Step.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        await scanner.unplug(at: step)
    }

    /// `load N [both]`: sheets printed on one side, or on both; `jam [after N]`, `open [after N]`: now, or at that page.
    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options": return "device=\(scanner.saneDeviceName) env.SANE_CONFIG_DIR=\(scanner.saneConfigDirectory.path)"
        case "load":
            guard let count = arguments.first.flatMap({ Int($0) }), count > 0 else { throw DeviceTrouble("write `load SCANNER SHEETS [both]`") }
            let front = try SyntheticSheet(.form).jpeg()
            let back = arguments.dropFirst().first == "both" ? try SyntheticSheet(.dense).jpeg() : nil
            await scanner.load(sheets: Array(repeating: (front, back), count: count))
        case "lay": await scanner.lay(onPlaten: try SyntheticSheet(.idCard).jpeg())
        case "empty":
            await scanner.unload()
            await scanner.lay(onPlaten: nil)
        case "jam", "open":
            guard arguments.count == 2, arguments[0] == "after", let pages = Int(arguments[1]) else {
                guard arguments.isEmpty else { throw DeviceTrouble("write `\(verb) SCANNER [after PAGES]`") }
                await scanner.setCondition(verb == "jam" ? .jam : .coverOpen)
                break
            }
            await scanner.failPage(after: pages, with: verb == "jam" ? .jam : .coverOpen)
        case "break": await scanner.failPage(with: .serverError)
        // It leaves the request for its next page unanswered.
        case "hang": await scanner.stall()
        case "hanging": try await Deadline.hold(deadline, "a page that is waited for") { [scanner] in await scanner.heldRequest() }
        case "release": await scanner.release()
        case "mend": await scanner.setCondition(.ready)
        default: throw DeviceTrouble(Self.usage)
        }
        return "done"
    }

    func end() async { await scanner.stop() }
}
