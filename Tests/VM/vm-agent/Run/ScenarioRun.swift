import DeviceLink
import Foundation
import KioskModel
import KioskRuntime

/// Carries out one scenario, a step at a time.
actor ScenarioRun {
    private let scenario: Scenario
    private let file: String
    private let place: VMPlace
    private let known: [DeviceKind]
    private var devices: [String: any VMDevice] = [:]
    private var kinds: [String: DeviceKind] = [:]
    private var bed: HostBed?
    private var begun: [String: Task<Completion, any Error>] = [:]
    private var report = ScenarioReport()
    /// Devices that were pulled and not yet seen at work again, and how often.
    private var away: [String: Int] = [:]
    /// Devices that were told to pull their own plug.
    private var armed: [String: String] = [:]

    init(_ scenario: Scenario, file: String, place: VMPlace, kinds: [DeviceKind] = DeviceKind.all) {
        self.scenario = scenario
        self.file = file
        self.place = place
        known = kinds
    }

    /// Throws ``ScenarioError`` at the first line that isn't so. Everything is taken away before it returns.
    func run() async throws -> ScenarioReport {
        do {
            try await begin()
            for step in scenario.steps {
                place.log("\(scenario.name):\(step.line) \(step.action)")
                try await at(step.line, within: place.stretched(step.deadline)) { try await self.perform(step) }
            }
            try await finish()
        } catch {
            _ = await takeAway()
            throw error
        }
        if let trouble = await takeAway() { throw ScenarioError(file: file, line: scenario.steps.last?.line ?? 0, message: trouble) }
        return report
    }

    // MARK: Beginning and end

    private func begin() async throws {
        for declaration in scenario.devices {
            guard let kind = known.first(where: { $0.name == declaration.kind }) else {
                throw ScenarioError(
                    file: file, line: declaration.line, message: "the kind of `\(declaration.name)` is left open; say it with --kind KIND")
            }
            try await at(declaration.line, within: ScenarioParser.deadline) {
                let device = try kind.make(try await self.filled(declaration.options), self.place)
                await self.keep(device, kind, declaration.name)
                try await device.plug(within: ScenarioParser.deadline)
            }
        }
        guard !scenario.hosts.isEmpty else { return }
        var specs: [DeviceSpec] = []
        for host in scenario.hosts {
            let options = try await at(host.line, within: ScenarioParser.deadline) { try await self.filled(host.options) }
            specs.append(try Self.spec(host, options, place))
        }
        bed = HostBed(specs, place: place)
    }

    /// An option `env.NAME` is a variable of the host's environment, for the libraries in it; `pace=kiosk` polls as seldom as a kiosk does.
    private static func spec(_ host: Scenario.Host, _ options: [String: String], _ place: VMPlace) throws -> DeviceSpec {
        var spec = DeviceSpec(name: host.name, deviceClass: host.deviceClass)
        spec.pollInterval = place.pollInterval
        for (key, value) in options {
            if key.hasPrefix("env.") {
                spec.environment[String(key.dropFirst(4))] = value
            } else if key == "pace" {
                guard value == "kiosk" else { throw DeviceTrouble("write `pace=kiosk`, or nothing for polls in quick succession") }
                spec.pollInterval = nil
            } else {
                spec.options[key] = value
            }
        }
        return spec
    }

    private func keep(_ device: any VMDevice, _ kind: DeviceKind, _ name: String) {
        devices[name] = device
        kinds[name] = kind
    }

    /// What must hold when the last line is done: nothing armed or begun went unused, and whatever was pulled is of use again.
    private func finish() async throws {
        let line = scenario.steps.last?.line ?? 0
        for (name, step) in armed {
            guard await devices[name]?.isPlugged != true else {
                throw ScenarioError(file: file, line: line, message: "\(name) never came to `\(step)`, where it was to pull its plug")
            }
            pulled(name)
        }
        if let host = begun.keys.min() {
            throw ScenarioError(file: file, line: line, message: "what `begin \(host)` began isn't waited for; write `end \(host) -> OUTCOME`")
        }
        guard let name = away.keys.min() else { return }
        throw ScenarioError(
            file: file, line: line, message: "\(name) was pulled and is of no use again: use it, or write `expect \(name) ready`")
    }

    /// Returns what is wrong with how the hosts ended.
    private func takeAway() async -> String? {
        for task in begun.values { task.cancel() }
        begun = [:]
        // A device that hangs mustn't keep the next scenario from running.
        let bed = bed
        let devices = scenario.devices.reversed().compactMap { self.devices[$0.name] }
        do {
            return try await Deadline.hold(.seconds(60), "taking the devices away") {
                let trouble = await bed?.stop()
                for device in devices { await device.end() }
                return trouble
            }
        } catch {
            return "\(error)"
        }
    }

    /// `{NAME.VERB}` becomes what that device answers: within a value, or in the place of whole options.
    private func filled(_ options: [String: String]) async throws -> [String: String] {
        var filled: [String: String] = [:]
        for (key, value) in options {
            guard let open = value.firstIndex(of: "{"), let close = value[open...].firstIndex(of: "}") else {
                filled[key] = value
                continue
            }
            let answer = try await self.answer(String(value[value.index(after: open)..<close]))
            guard key == value else {
                filled[key] = value.replacingCharacters(in: open...close, with: answer)
                continue
            }
            for pair in answer.split(separator: " ") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw DeviceTrouble("`\(value)` is to be options, and it is `\(answer)`") }
                filled[parts[0]] = parts[1]
            }
        }
        return filled
    }

    private func answer(_ question: String) async throws -> String {
        let parts = question.split(separator: ".").map(String.init)
        guard parts.count == 2 else { throw DeviceTrouble("write `{DEVICE.VERB}`, not `{\(question)}`") }
        guard let device = devices[parts[0]] else { throw DeviceTrouble("no device `\(parts[0])` is declared above") }
        return try await device.perform(parts[1], [], within: ScenarioParser.deadline)
    }

    // MARK: Steps

    @discardableResult
    private func at<Value: Sendable>(_ line: Int, within deadline: Duration, _ work: @escaping @Sendable () async throws -> Value) async throws
        -> Value
    {
        do {
            // What waits for a condition says itself what it missed: it gets the deadline, and this one only catches what hangs.
            return try await Deadline.hold(deadline + .seconds(10), "the step", work)
        } catch let error as ScenarioError {
            throw error
        } catch {
            throw ScenarioError(file: file, line: line, message: "\(error)")
        }
    }

    private func perform(_ step: Scenario.Step) async throws {
        switch step.action {
        case .plug(let name): try await plug(name, within: step.deadline)
        case .unplug(let name, let protocolStep): try await unplug(name, at: protocolStep, within: step.deadline)
        case .perform(let verb, let name, let arguments, let answer): try await use(name, verb, arguments, answer, within: step.deadline)
        case .run(let command, let host, let outcome):
            guard let bed else { return }
            try settle(try await bed.run(command, on: host, deadline: step.deadline), host, outcome)
        case .begin(let command, let host):
            guard let bed, begun[host] == nil else { throw DeviceTrouble("\(host) is at a command already; `end \(host)` first") }
            begun[host] = Task { try await bed.run(command, on: host, deadline: .seconds(600)) }
        case .end(let host, let outcome):
            guard let task = begun.removeValue(forKey: host) else { throw DeviceTrouble("nothing was begun; write `begin \(host) COMMAND` above") }
            let completion = try await Deadline.hold(place.stretched(step.deadline), "what was begun on \(host)") { try await task.value }
            try settle(completion, host, outcome)
        case .cancel(let host):
            guard let task = begun.removeValue(forKey: host) else { throw DeviceTrouble("nothing was begun; write `begin \(host) COMMAND` above") }
            try await bed?.cancel(task, on: host, deadline: place.stretched(step.deadline))
        case .expect(let state, let host, let fault):
            guard let bed else { return }
            try await bed.expect(state, fault: fault, of: host, deadline: place.stretched(step.deadline))
            if state == .ready { seen(host, by: .driver) }
        case .expectCondition(let condition, let wanted, let host):
            try await bed?.expect(condition, wanted, of: host, deadline: place.stretched(step.deadline))
        case .expectProgress(let words, let host):
            try await bed?.expect(progress: words, of: host, deadline: place.stretched(step.deadline))
        }
    }

    private func plug(_ name: String, within deadline: Duration) async throws {
        guard let device = devices[name] else { return }
        if let step = armed.removeValue(forKey: name) {
            guard await !device.isPlugged else { throw DeviceTrouble("\(name) never came to `\(step)`, where it was to pull its plug") }
            pulled(name)
        }
        try await device.plug(within: deadline)
    }

    private func unplug(_ name: String, at step: String?, within deadline: Duration) async throws {
        guard let device = devices[name] else { return }
        guard let step else {
            try await device.unplug(within: deadline)
            return pulled(name)
        }
        try await device.unplug(at: step)
        armed[name] = step
    }

    private func pulled(_ name: String) {
        guard kinds[name]?.isDevice == true else { return }
        report.unplugs += 1
        away[name, default: 0] += 1
    }

    private func use(_ name: String, _ verb: String, _ arguments: [String], _ wanted: String?, within deadline: Duration) async throws {
        guard let device = devices[name] else { return }
        if device.pulling.contains(verb), await device.isPlugged { pulled(name) }
        let answer = try await device.perform(verb, arguments, within: deadline)
        if let wanted, wanted != answer { throw DeviceTrouble("`\(wanted)` was to come out, and it is `\(answer)`") }
        if device.probes.contains(verb) { seen(name, by: .probe) }
    }

    /// The device works: a driver or a probe has it.
    private func seen(_ name: String, by use: ScenarioReport.Use) {
        guard let kind = kinds[name] else { return }
        if kind.isDevice { report.use(kind.name, by: use) }
        report.recovered += away.removeValue(forKey: name) ?? 0
    }

    private func settle(_ completion: Completion, _ host: String, _ outcome: Scenario.Outcome?) throws {
        if let outcome {
            if let instead = outcome.contradiction(completion) { throw DeviceTrouble("it came to \(instead)") }
        } else {
            guard completion.succeeded else { throw DeviceTrouble("it came to \(completion.inWords)") }
        }
        if completion.succeeded { seen(host, by: .driver) }
    }
}
