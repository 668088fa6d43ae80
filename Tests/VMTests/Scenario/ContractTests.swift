import Foundation
import KioskModel
import Testing

@testable import vm_agent

/// What every contract promises in the same words: how fast a device is missed, and how fast it is back.
struct ContractTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Contracts").standardized

    private static func contract(_ deviceClass: DeviceClass) throws -> Scenario {
        let file = folder.appending(path: "\(deviceClass.rawValue).scenario")
        let text = try String(contentsOf: file, encoding: .utf8)
        return try ScenarioParser.parse(text, file: file.lastPathComponent, kinds: DeviceKind.all.map(\.name), chosen: "worker")
    }

    /// Back within 5 s of being plugged in, measured from there, without a person; and no command outlasts the pull by more than 10 s and the second
    /// that every command has (``HostBed/run(_:on:deadline:)``).
    @Test(arguments: DeviceClass.allCases)
    func aDeviceThatWasPulledIsMissedAndBackInTime(_ deviceClass: DeviceClass) throws {
        let steps = try Self.contract(deviceClass).steps
        var pulled: [String: Bool] = [:]
        for (step, next) in zip(steps, steps.dropFirst().map(Optional.some) + [nil]) {
            switch step.action {
            case .unplug(let name, _):
                pulled[name] = false
            case .expect(let state, let name, _):
                if state != .ready, pulled[name] != nil { pulled[name] = true }
            case .run(_, let name, _), .end(let name, _):
                if pulled[name] != nil { #expect(step.deadline <= .seconds(10), "line \(step.line): write `within 10`") }
            case .plug(let name):
                let wasMissed = pulled.removeValue(forKey: name)
                #expect(wasMissed == true, "line \(step.line): write what state the pull led to above")
                #expect(next?.action == .expect(.ready, host: name, fault: nil), "line \(step.line): write `expect \(name) ready within 5` below")
                #expect(next.map { $0.deadline <= .seconds(5) } == true, "line \(step.line): write `within 5` below")
            case .perform, .begin, .cancel, .expectCondition, .expectProgress:
                break
            }
        }
        #expect(pulled.isEmpty)
    }

    /// Whatever can be plugged in is pulled, and whatever waits is cancelled.
    @Test(arguments: DeviceClass.allCases)
    func aContractPullsAndCancels(_ deviceClass: DeviceClass) throws {
        let steps = try Self.contract(deviceClass).steps
        let pulls = steps.filter { if case .unplug = $0.action { true } else { false } }
        #expect(!pulls.isEmpty || deviceClass == .imaging)
        let cancels = steps.filter { if case .cancel = $0.action { true } else { false } }
        // Lights are lit and pages judged in a moment, and a power supply has no commands.
        #expect(!cancels.isEmpty || [.auxiliaries, .powerSupply, .imaging].contains(deviceClass))
    }
}
