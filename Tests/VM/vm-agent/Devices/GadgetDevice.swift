import Bench
import Foundation
import Synchronization

/// A device that `vm-device` plays with the kernel's help, and the probes that use it as a driver would.
actor GadgetDevice: VMDevice {
    /// What `vm-device` can play.
    struct Role: Sendable {
        /// The subcommand, also the kind's name.
        var name: String
        /// The probes that can use it, the usual one first, with what they always need.
        var uses: [(name: String, arguments: [String])]
        /// The verbs of the device itself.
        var verbs: [String]
        /// The steps of its protocol at which it can pull its own plug.
        var steps: [String] = []
        /// What its driver needs to find the plugged-in device with that serial number; nil while it isn't there.
        var options: (@Sendable (_ serial: String) -> String?)?
        /// What it needs beside its name.
        var arguments: [String] = []
    }

    /// Of the printer, as in vm-device's ids.h.
    static let printerIDs = "0525:a4a8"
    private static let count = Atomic<Int>(0)
    /// Of a probe that goes on across steps, which wait for it as long as they last: it must end by what happens to the device, and not by this.
    private static let probeDeadline: Duration = .seconds(3600)

    nonisolated let probes: Set<String> = ["use", "finish"]
    private let role: Role
    private let program: String
    /// Also the serial number by which a probe finds it.
    nonisolated let name: String
    private let log: @Sendable (String) -> Void
    private var player: LineProgram?
    private var probe: LineProgram?
    private var isPluggedIn = false
    /// It may have pulled its own plug.
    private var isArmed = false

    var isPlugged: Bool {
        get async {
            guard isArmed, let state = try? await command("plugged", within: .seconds(5)) else { return isPluggedIn }
            isPluggedIn = state == "yes"
            return isPluggedIn
        }
    }

    init(_ role: Role, options: [String: String], place: VMPlace) throws {
        guard options.isEmpty else { throw DeviceTrouble("`\(role.name)` has no options") }
        self.role = role
        program = place.program("vm-device")
        log = place.log
        name = "\(role.name)-\(Self.count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    func plug(within deadline: Duration) async throws {
        _ = try await command("plug", within: deadline)
        (isPluggedIn, isArmed) = (true, false)
    }

    func unplug(within deadline: Duration) async throws {
        _ = try await command("unplug", within: deadline)
        isPluggedIn = false
    }

    func unplug(at step: String) async throws {
        guard role.steps.contains(step) else {
            let steps = role.steps.isEmpty ? "it has none; write `unplug NAME`" : "steps are \(role.steps.joined(separator: ", "))"
            throw DeviceTrouble("`\(role.name)` can't pull its plug at `\(step)`: \(steps)")
        }
        _ = try await command("unplug-at \(step)", within: .seconds(10))
        isArmed = true
    }

    /// `use [PROBE] [OPTION=VALUE…]` runs a probe to its good end. `start …` returns when the probe has the device in use, `await TEXT` when it says
    /// so, `finish` at its good end, `lose` when it ended because the device was unplugged, `miss` when its deadline passed. Everything else goes to
    /// the device.
    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "use":
            try startProbe(arguments, within: deadline)
            // A moment more: at its deadline it ends by itself and says what it waited for.
            return try await result(within: deadline + .seconds(5))
        case "start":
            try startProbe(arguments, within: Self.probeDeadline)
            return try await awaitProbe("in use", within: deadline)
        case "await": return try await awaitProbe(arguments.joined(separator: " "), within: deadline)
        case "options":
            guard let options = role.options else { throw DeviceTrouble("no driver uses `\(role.name)` yet") }
            return try await Self.options(options, name, within: deadline)
        case "finish": return try await result(within: deadline)
        case "lose":
            let (status, last) = try await ended(within: deadline)
            guard status == 3 else { throw DeviceTrouble("the probe was to lose the device, and ended with \(status): \(last)") }
            return "gone"
        case "miss":
            let (status, last) = try await ended(within: deadline)
            guard status == 4 else { throw DeviceTrouble("the probe was to wait in vain, and ended with \(status): \(last)") }
            return "late"
        default:
            guard role.verbs.contains(verb) else {
                let verbs = ["use", "start", "await", "finish", "lose", "miss"] + role.verbs
                throw DeviceTrouble("`\(role.name)` has no verb `\(verb)`; verbs are \(verbs.joined(separator: ", "))")
            }
            return try await command(([verb] + arguments).joined(separator: " "), within: deadline)
        }
    }

    func end() async {
        probe?.kill()
        await player?.stop(within: .seconds(20))
        player = nil
    }

    // MARK: The device

    private func started(within deadline: Duration) async throws -> LineProgram {
        if let player { return player }
        let player = try LineProgram(program, [role.name, "--name", name] + role.arguments, log: log)
        self.player = player
        let line = try await player.nextLine(within: deadline)
        guard line == "ready" else { throw DeviceTrouble("vm-device \(role.name) isn't ready: \(line)") }
        return player
    }

    /// What stands after `ok`.
    private func command(_ line: String, within deadline: Duration) async throws -> String {
        let answer = try await started(within: deadline).ask(line, within: deadline)
        guard answer == "ok" || answer.hasPrefix("ok ") else { throw DeviceTrouble("`\(line)`: \(answer)") }
        return String(answer.dropFirst(3))
    }

    // MARK: The probe

    private func startProbe(_ arguments: [String], within deadline: Duration) throws {
        guard probe == nil else { throw DeviceTrouble("a probe is at work already; `finish`, `lose` or `miss` it first") }
        var arguments = arguments[...]
        var use = role.uses[0]
        if let first = arguments.first, !first.contains("=") {
            guard let other = role.uses.first(where: { $0.name == first }) else {
                throw DeviceTrouble("`\(role.name)` has no probe `\(first)`; probes are \(role.uses.map(\.name).joined(separator: ", "))")
            }
            use = other
            arguments.removeFirst()
        }
        var words = ["probe-\(use.name)", "--name", name, "--deadline", "\(Int(deadline / .milliseconds(1)))"] + use.arguments
        for argument in arguments {
            let pair = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { throw DeviceTrouble("`\(argument)` isn't option=value") }
            words += ["--\(pair[0])", pair[1]]
        }
        probe = try LineProgram(program, words, log: log)
    }

    private func awaitProbe(_ text: String, within deadline: Duration) async throws -> String {
        guard let probe else { throw DeviceTrouble("no probe is at work; `start` one") }
        return try await probe.line(within: deadline, "`\(text)`") { $0.contains(text) }
    }

    private func ended(within deadline: Duration) async throws -> (status: Int32, last: String) {
        guard let probe else { throw DeviceTrouble("no probe is at work; `start` one") }
        defer { self.probe = nil }
        return try await probe.end(within: deadline)
    }

    /// What a probe that went well says after `ok`.
    private func result(within deadline: Duration) async throws -> String {
        let (status, last) = try await ended(within: deadline)
        guard status == 0, let ok = last.range(of: ": ok ") else { throw DeviceTrouble("the probe ended with \(status): \(last)") }
        return String(last[ok.upperBound...])
    }
}

extension GadgetDevice {
    /// The kernel sets a device up some time after it was plugged in.
    private static func options(
        _ options: @Sendable (String) -> String?, _ serial: String, within deadline: Duration
    ) async throws -> String {
        try await Poll.until("the node of \(serial)", deadline: deadline) { options(serial).map { .there($0) } ?? .notYet("none") }
    }

    /// The tty whose USB device has that serial number.
    static func terminal(_ serial: String) -> String? {
        let folder = "/sys/class/tty"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name.hasPrefix("ttyACM") {
            // The tty belongs to an interface, which belongs to the device.
            let found = try? String(contentsOfFile: "\(folder)/\(name)/device/../serial", encoding: .utf8)
            if found?.trimmingCharacters(in: .whitespacesAndNewlines) == serial { return "/dev/\(name)" }
        }
        return nil
    }
}
