import DeviceLink
import KioskModel

/// Reads a scenario file. Pure: it knows the names of the kinds, and nothing of what is plugged in.
struct ScenarioParser {
    /// The words that a device's verb can't be.
    static let keywords = ["device", "host", "plug", "unplug", "run", "begin", "end", "cancel", "expect"]
    /// Of a step that says no other; software emulation is slow.
    static let deadline: Duration = .seconds(120)

    /// A kind that is left open.
    private static let open = "?"

    private let file: String
    private let kinds: [String]
    private var line = 0
    private var chosen = Self.open
    private var scenario: Scenario

    /// - Parameters:
    ///   - kinds: the kinds of device there are
    ///   - chosen: what stands for `?`; a contract can't be run without
    static func parse(_ text: String, file: String, kinds: [String], chosen: String? = nil) throws(ScenarioError) -> Scenario {
        var parser = ScenarioParser(file: file, kinds: kinds)
        if let chosen {
            guard kinds.contains(chosen) else { throw parser.error("there is no kind `\(chosen)`; kinds are \(kinds.joined(separator: ", "))") }
            parser.chosen = chosen
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            parser.line += 1
            let words: [String]
            do { words = try ScenarioLine(line).words } catch { throw parser.error("a quote isn't closed; write \"…\" on one line") }
            if !words.isEmpty { try parser.take(words) }
        }
        guard !parser.scenario.steps.isEmpty else { throw parser.error("the scenario has no steps; write at least one `expect` or `run`") }
        return parser.scenario
    }

    private init(file: String, kinds: [String]) {
        self.file = file
        self.kinds = kinds.sorted()
        let name = file.split(separator: "/").last?.split(separator: ".").first.map(String.init) ?? file
        scenario = Scenario(name: name, devices: [], hosts: [], steps: [])
    }

    private func error(_ message: String) -> ScenarioError { ScenarioError(file: file, line: line, message: message) }

    private mutating func take(_ words: [String]) throws(ScenarioError) {
        switch words[0] {
        case "device": try takeDevice(words)
        case "host": try takeHost(words)
        default: scenario.steps.append(try step(words))
        }
    }

    // MARK: Declarations

    private mutating func takeDevice(_ words: [String]) throws(ScenarioError) {
        try requireTop("device")
        guard words.count >= 3 else { throw error("write `device NAME KIND [key=value…]`; kinds are \(kinds.joined(separator: ", "))") }
        guard words[2] == Self.open || kinds.contains(words[2]) else {
            throw error("there is no kind `\(words[2])`; kinds are \(kinds.joined(separator: ", "))")
        }
        guard !scenario.devices.contains(where: { $0.name == words[1] }) else { throw error("there is a device `\(words[1])` already") }
        let options = try options(words.dropFirst(3))
        scenario.devices.append(.init(line: line, name: words[1], kind: words[2] == Self.open ? chosen : words[2], options: options))
    }

    private mutating func takeHost(_ words: [String]) throws(ScenarioError) {
        try requireTop("host")
        let classes = DeviceClass.allCases.map(\.rawValue).joined(separator: ", ")
        guard words.count >= 3 else { throw error("write `host NAME CLASS [key=value…]`; classes are \(classes)") }
        guard let deviceClass = DeviceClass(rawValue: words[2]) else { throw error("there is no class `\(words[2])`; classes are \(classes)") }
        guard !scenario.hosts.contains(where: { $0.name == words[1] }) else { throw error("there is a host `\(words[1])` already") }
        let options = try options(words.dropFirst(3))
        scenario.hosts.append(.init(line: line, name: words[1], deviceClass: deviceClass, options: options))
    }

    private func requireTop(_ word: String) throws(ScenarioError) {
        guard scenario.steps.isEmpty else { throw error("write every `\(word)` line above the first step (line \(scenario.steps[0].line))") }
    }

    private func options(_ words: ArraySlice<String>) throws(ScenarioError) -> [String: String] {
        var options: [String: String] = [:]
        for word in words {
            // Whole options that a device answers with stand for themselves until it is asked.
            if word.hasPrefix("{"), word.hasSuffix("}") {
                options[word] = word
                continue
            }
            guard let sign = word.firstIndex(of: "="), sign > word.startIndex else { throw error("`\(word)` isn't key=value") }
            let key = String(word[..<sign])
            guard options.updateValue(String(word[word.index(after: sign)...]), forKey: key) == nil else { throw error("`\(key)` is given twice") }
        }
        return options
    }

    // MARK: Steps

    private func step(_ words: [String]) throws(ScenarioError) -> Scenario.Step {
        var words = words
        var deadline = Self.deadline
        if words.count >= 2, words[words.count - 2] == "within" {
            guard let seconds = Double(words[words.count - 1]), seconds > 0, seconds <= 3600 else {
                throw error("`\(words[words.count - 1])` is no time; write `within SECONDS`, from 1 to 3600")
            }
            deadline = .milliseconds(Int(seconds * 1000))
            words.removeLast(2)
        }
        var wanted: [String]?
        if let arrow = words.firstIndex(of: "->") {
            wanted = Array(words[(arrow + 1)...])
            words.removeSubrange(arrow...)
            guard wanted != [] else { throw error("write what must come out after `->`") }
        }
        guard words.count >= 2 else { throw error("write a verb and the name of a device or host: `plug reader`") }
        return Scenario.Step(line: line, action: try action(words, wanted), deadline: deadline)
    }

    private func action(_ words: [String], _ wanted: [String]?) throws(ScenarioError) -> Scenario.Action {
        let (verb, name) = (words[0], words[1])
        switch verb {
        case "plug":
            try requireDevice(name)
            guard words.count == 2, wanted == nil else { throw error("write `plug \(name)`") }
            return .plug(name)
        case "unplug":
            try requireDevice(name)
            if words.count == 2, wanted == nil { return .unplug(name, at: nil) }
            guard words.count == 4, words[2] == "at", wanted == nil else { throw error("write `unplug \(name)` or `unplug \(name) at STEP`") }
            return .unplug(name, at: words[3])
        case "run", "begin":
            let command = try command(words)
            guard verb == "begin" else { return .run(command, host: name, outcome: try wanted.map { w throws(ScenarioError) in try outcome(w) }) }
            guard wanted == nil else { throw error("`begin` doesn't wait; write the outcome after `end \(name)`") }
            return .begin(command, host: name)
        case "end":
            try requireHost(name)
            guard words.count == 2 else { throw error("write `end \(name) [-> OUTCOME]`") }
            return .end(host: name, outcome: try wanted.map { w throws(ScenarioError) in try outcome(w) })
        case "cancel":
            try requireHost(name)
            guard words.count == 2, wanted == nil else { throw error("write `cancel \(name)`") }
            return .cancel(host: name)
        case "expect":
            return try expectation(words, wanted)
        default:
            guard scenario.devices.contains(where: { $0.name == name }) else {
                throw error("`\(verb)` is no keyword (\(Self.keywords.joined(separator: ", "))), and there is no device `\(name)` that could do it")
            }
            return .perform(verb: verb, device: name, arguments: Array(words.dropFirst(2)), answer: wanted?.joined(separator: " "))
        }
    }

    private func command(_ words: [String]) throws(ScenarioError) -> HostCommand {
        try requireHost(words[1])
        do {
            return try HostCommand(Array(words.dropFirst(2)))
        } catch {
            throw self.error("write `\(words[0]) \(words[1]) COMMAND`; \(error)")
        }
    }

    private func expectation(_ words: [String], _ wanted: [String]?) throws(ScenarioError) -> Scenario.Action {
        try requireHost(words[1])
        if words.count == 4, wanted == nil, ["with", "without"].contains(words[2]) {
            guard let kind = words[3].split(separator: " ").first, DeviceCondition.Kind(rawValue: String(kind)) != nil else {
                throw error("there is no condition `\(words[3])`; they are \(DeviceCondition.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return .expectCondition(words[3], words[2] == "with", host: words[1])
        }
        let states = DeviceState.allCases.map(\.rawValue).joined(separator: ", ")
        guard (3...4).contains(words.count), wanted == nil, let state = DeviceState(rawValue: words[2]) else {
            throw error("write `expect \(words[1]) STATE [FAULT-CODE] [within SECONDS]`; states are \(states)")
        }
        return .expect(state, host: words[1], fault: words.count == 4 ? words[3] : nil)
    }

    private func outcome(_ words: [String]) throws(ScenarioError) -> Scenario.Outcome {
        switch (words[0], words.count) {
        case ("fault", 2): return .fault(words[1])
        case ("remedy", 2):
            guard let remedy = CitizenRemedy(rawValue: words[1]) else {
                throw error("there is no remedy `\(words[1])`; they are \(CitizenRemedy.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return .remedy(remedy)
        case (let word, _) where Self.successes.contains(word): return .success(words.joined(separator: " "))
        default: throw error("write `-> remedy REMEDY`, `-> fault CODE`, or what comes out, beginning with \(Self.successes.joined(separator: ", "))")
        }
    }

    /// The first words of ``DeviceResult/inWords``.
    private static let successes =
        ["done", "card", "picture", "scanned", "printed", "code", "doors", "document", "raster", "page", "good"]
        + PageQuality.Flaw.allCases.map(\.rawValue)

    private func requireDevice(_ name: String) throws(ScenarioError) {
        guard scenario.devices.contains(where: { $0.name == name }) else {
            throw error("there is no device `\(name)`; declare it: `device \(name) KIND`")
        }
    }

    private func requireHost(_ name: String) throws(ScenarioError) {
        guard scenario.hosts.contains(where: { $0.name == name }) else { throw error("there is no host `\(name)`; declare it: `host \(name) CLASS`") }
    }
}
