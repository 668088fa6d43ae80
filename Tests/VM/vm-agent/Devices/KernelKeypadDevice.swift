import Bench
import Foundation

/// `uinput-keypad`: a keypad of the kernel's, which the driver finds by its name.
struct KernelKeypadDevice: VMDevice {
    private let keypad: GadgetDevice
    private let name: String

    init(options: [String: String], place: VMPlace) throws {
        keypad = try GadgetDevice(GadgetDevice.Role(name: "uinput", uses: [("evdev", [])], verbs: ["press", "hold"]), options: options, place: place)
        name = keypad.name
    }

    var isPlugged: Bool { get async { await keypad.isPlugged } }

    func plug(within deadline: Duration) async throws { try await keypad.plug(within: deadline) }

    func unplug(within deadline: Duration) async throws { try await keypad.unplug(within: deadline) }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "options": return "name=\(name)"
        case "listened":
            try await Poll.until("the driver to read", deadline: deadline) { try isRead() ? .there(()) : .notYet("nobody reads") }
            return "done"
        default: return try await keypad.perform(verb, arguments, within: deadline)
        }
    }

    func end() async { await keypad.end() }

    /// Whether a host has the keypad's node open. Asking the keypad itself would take the grab from the host for a moment.
    private func isRead() throws -> Bool {
        let files = FileManager.default
        let events = try files.contentsOfDirectory(atPath: "/sys/class/input").filter { $0.hasPrefix("event") }
        guard let event = events.first(where: { (try? text("/sys/class/input/\($0)/device/name")) == name }) else { return false }
        for process in try files.contentsOfDirectory(atPath: "/proc") where (try? text("/proc/\(process)/comm")) == "kiosk-device" {
            let descriptors = (try? files.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
            let targets = descriptors.map { try? files.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)") }
            if targets.contains("/dev/input/\(event)") { return true }
        }
        return false
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
    }
}
