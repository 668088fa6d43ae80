import Foundation
import Synchronization

@testable import vm_agent

/// A device of no hardware, for the language alone: it answers `look`, hangs on `hang`, and pulls its own plug at `half-way` upon `go`.
final class ScriptedDevice: VMDevice {
    struct Life: Equatable {
        var events: [String] = []
        var isPlugged = false
        var armed = false
        var deadlines: [Duration] = []
    }

    let life = Mutex(Life())
    let probes: Set<String> = ["look"]
    let pulling: Set<String> = ["swap"]

    var events: [String] { life.withLock { $0.events } }
    /// What the steps had, oldest first.
    var deadlines: [Duration] { life.withLock { $0.deadlines } }
    var isPlugged: Bool { life.withLock { $0.isPlugged } }

    func plug(within deadline: Duration) async throws { note("plug", isPlugged: true, deadline) }
    func unplug(within deadline: Duration) async throws { note("unplug", isPlugged: false, deadline) }
    func end() async { note("end", isPlugged: false) }

    func unplug(at step: String) async throws {
        guard step == "half-way" else { throw DeviceTrouble("steps are half-way") }
        life.withLock { $0.armed = true }
    }

    func perform(_ verb: String, _ arguments: [String], within deadline: Duration) async throws -> String {
        life.withLock { $0.deadlines.append(deadline) }
        switch verb {
        case "look": return isPlugged ? "here" : "away"
        case "path": return "/dev/scripted"
        case "go": if life.withLock({ $0.armed }) { note("pulled", isPlugged: false) }
        case "swap": break
        case "hang": try await Task.sleep(for: .seconds(600))
        default: throw DeviceTrouble("no verb `\(verb)`")
        }
        return "done"
    }

    private func note(_ event: String, isPlugged: Bool, _ deadline: Duration? = nil) {
        life.withLock { life in
            if let deadline { life.deadlines.append(deadline) }
            life.events.append(event)
            life.isPlugged = isPlugged
        }
    }
}
