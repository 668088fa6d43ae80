import Bench
import DeviceLink
import Foundation
import KioskModel
import KioskRuntime
import LocalAPI
import Logging
import ServiceLifecycle
import Synchronization

/// The scenario's device hosts: real kiosk-device processes under the kiosk's own supervisor.
struct HostBed: Sendable {
    let supervisor: DeviceSupervisor
    private let progress = ProgressWords()
    private let running: Task<Void, any Error>
    private let place: VMPlace

    /// A driver notices a cancelled command within 200 ms; the rest is the time that a busy machine takes to tell of it.
    private static let freeing: Duration = .seconds(1)
    /// From the end of a command to its being known here.
    private static let slack: Duration = .milliseconds(500)

    /// A debug build under software emulation takes its time to say hello.
    private static var timing: DeviceTiming {
        var timing = DeviceTiming()
        timing.hello = .seconds(60)
        timing.heartbeat = .seconds(30)
        // Looking for leaks takes its time too. That the driver lets go at once is seen to by the host's watchdog.
        timing.stopGrace = .seconds(30)
        // A scenario makes more faults in a row than a kiosk sees in a year, and is about what the device and its driver do without help.
        timing.mends = false
        return timing
    }

    init(_ specs: [DeviceSpec], place: VMPlace) {
        let logger = Logger(label: "hosts") { _ in LineLog(write: place.log) }
        let supervisor = DeviceSupervisor(
            specs: specs, launcher: SpawnLauncher(executable: place.program("kiosk-device"), logger: logger),
            socketPath: place.scratch.appending(path: "devices").path, logger: logger, timing: Self.timing)
        self.supervisor = supervisor
        self.place = place
        running = Task { try await supervisor.run() }
    }

    /// Returns when every host has ended, with what is wrong about how: the supervisor replaces a host that crashes, and a scenario that didn't look
    /// would pass.
    func stop() async -> String? {
        let restarts = await supervisor.reports.filter { $0.restarts > 0 }.map(\.name)
        running.cancel()
        _ = await running.result
        for report in await supervisor.reports where report.lastExit != "exit 0" || restarts.contains(report.name) {
            let end = report.lastExit ?? "nothing"
            return "the host \(report.name) ended with \(end) after \(report.restarts) restarts; `--verbose` shows what it said"
        }
        return nil
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

    /// Waits until the condition is there, or isn't.
    func expect(_ condition: String, _ wanted: Bool, of host: String, deadline: Duration) async throws {
        try await Poll.until("\(host) \(wanted ? "with" : "without") \(condition)", deadline: deadline) { () -> Poll.Outcome<Void> in
            guard let report = await supervisor.reports.first(where: { $0.name == host }) else { return .notYet("no report") }
            let conditions = report.conditions.map(\.description)
            if report.state != .starting, conditions.contains(condition) == wanted { return .there(()) }
            return .notYet("\(report.state) with \(conditions.isEmpty ? "no condition" : conditions.joined(separator: ", "))")
        }
    }

    func run(_ command: HostCommand, on host: String, deadline: Duration) async throws -> Completion {
        let files = try command.content?.make() ?? []
        progress.begin(host)
        let began = ContinuousClock.now
        let told = await supervisor.perform(command.command, on: host, files: files, deadline: deadline) { [progress] step, _ in
            if let word = step.inWords { progress.add(word, host) }
        }
        let late = ContinuousClock.now - began - deadline
        guard late <= HostMain.grace + place.stretched(Self.slack) else { throw DeviceTrouble("it outlived its deadline by \(late)") }
        return told.completion
    }

    /// Cancels a command and returns once the host is free for the next, which it must be within ``freeing``.
    func cancel(_ command: Task<Completion, any Error>, on host: String, deadline: Duration) async throws {
        // What the host hasn't been given yet would be cancelled without it.
        try await expect(.busy, fault: nil, of: host, deadline: deadline)
        command.cancel()
        let completion = try await Deadline.hold(deadline, "the end of what was cancelled on \(host)") { try await command.value }
        guard completion == .cancelled else { throw DeviceTrouble("it was to be cancelled, and came to \(completion.inWords)") }
        try await Poll.until("\(host) to be free after a cancel", deadline: place.stretched(Self.freeing), every: .milliseconds(10)) {
            () -> Poll.Outcome<Void> in
            let report = await supervisor.reports.first { $0.name == host }
            return report?.state == .busy ? .notYet("it is still at the command") : .there(())
        }
    }

    /// Waits until the command that was begun last has told that, and nothing else.
    func expect(progress wanted: String, of host: String, deadline: Duration) async throws {
        try await Poll.until("\(host) to tell \(wanted)", deadline: deadline) { () -> Poll.Outcome<Void> in
            let words = progress[host]
            return words == wanted ? .there(()) : .notYet(words.isEmpty ? "nothing" : words)
        }
    }
}

/// What the last command on each host has told on its way.
private final class ProgressWords: Sendable {
    private let words = Mutex<[String: [String]]>([:])

    subscript(host: String) -> String { words.withLock { $0[host, default: []].joined(separator: " ") } }

    func begin(_ host: String) { words.withLock { $0[host] = [] } }

    func add(_ word: String, _ host: String) { words.withLock { $0[host, default: []].append(word) } }
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
