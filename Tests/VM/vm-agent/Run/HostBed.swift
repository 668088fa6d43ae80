import Bench
import DeviceLink
import Foundation
import KioskModel
import KioskRuntime
import LocalAPI
import Logging
import ServiceLifecycle

/// The scenario's device hosts: real kiosk-device processes under the kiosk's own supervisor.
struct HostBed: Sendable {
    let supervisor: DeviceSupervisor
    private let running: Task<Void, any Error>

    /// A debug build under software emulation takes its time to say hello.
    private static var timing: DeviceTiming {
        var timing = DeviceTiming()
        timing.hello = .seconds(60)
        timing.heartbeat = .seconds(30)
        return timing
    }

    init(_ specs: [DeviceSpec], place: VMPlace) {
        let logger = Logger(label: "hosts") { _ in LineLog(write: place.log) }
        let supervisor = DeviceSupervisor(
            specs: specs, launcher: SpawnLauncher(executable: place.program("kiosk-device"), logger: logger),
            socketPath: place.scratch.appending(path: "devices").path, logger: logger, timing: Self.timing)
        self.supervisor = supervisor
        running = Task { try await supervisor.run() }
    }

    /// Returns when every host has ended.
    func stop() async {
        running.cancel()
        _ = await running.result
    }

    /// Waits for a report that fits; throws what stands there instead at the deadline.
    func expect(_ state: DeviceState, fault: String?, of host: String, deadline: Duration) async throws {
        let wanted = "\(host) to be \(state)" + (fault.map { " with \($0)" } ?? "")
        try await Poll.until(wanted, deadline: deadline) { () -> Poll.Outcome<Void> in
            guard let report = await supervisor.reports.first(where: { $0.name == host }) else { return .notYet("no report") }
            if report.state == state, fault == nil || report.fault?.code == fault { return .there(()) }
            return .notYet("\(report.state)" + (report.fault.map { " with \($0.code) (\($0.detail))" } ?? ""))
        }
    }

    func run(_ command: Scenario.HostCommand, on host: String, deadline: Duration) async -> Completion {
        await supervisor.perform(command.command, on: host, deadline: deadline).completion
    }
}

extension Scenario.HostCommand {
    var command: DeviceCommand {
        switch self {
        case .readCard: .readCard(fingerprints: true)
        case .awaitCardRemoval: .awaitCardRemoval
        }
    }
}

extension Scenario.Outcome {
    /// Nil when the completion is what was wanted, else what it is: never a value from a card.
    func contradiction(_ completion: Completion) -> String? {
        switch (self, completion) {
        case (.done, .success(.done)): return nil
        case (.card(let id), .success(.card(let card))): return card.belongs(to: id) ? nil : "the card of somebody other than \(id)"
        case (.remedy(let wanted), .remedy(let remedy)) where remedy == wanted: return nil
        case (.fault(let code), .fault(let fault)) where fault.code == code: return nil
        default: return completion.inWords
        }
    }
}

extension IdentityCard {
    fileprivate func belongs(to id: String) -> Bool {
        guard let citizen = SyntheticCitizen.named(id) else { return false }
        return citizen.name == name.reveal && citizen.number == number.reveal.value
    }
}

extension Completion {
    var succeeded: Bool {
        if case .success = self { true } else { false }
    }

    /// For a result line, without personal values.
    var inWords: String {
        switch self {
        case .success(.done): "done"
        case .success(.card): "a card"
        case .success(.scanned(let pages)): "scanned \(pages)"
        case .success(.printed(let sheets)): "printed \(sheets)"
        case .success(.document): "a document"
        case .remedy(let remedy): "remedy \(remedy.rawValue)"
        case .fault(let fault): "fault \(fault.code) (\(fault.detail))"
        case .cancelled: "cancelled"
        }
    }
}

/// Log lines for whoever reads the machine's journal.
private struct LineLog: LogHandler {
    let write: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let facts = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        write("\(event.level) \(event.message)\(facts)")
    }
}
