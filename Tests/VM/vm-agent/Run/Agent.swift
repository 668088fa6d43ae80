import Foundation

/// Takes the host's lines, runs its scenarios one after the other, and reports.
final class Agent: Sendable {
    private let port: AgentPort
    private let payload: URL

    init(port: String, payload: URL) async throws {
        self.port = try await AgentPort(port)
        self.payload = payload
    }

    /// Throws when the port is closed.
    func serve() async throws -> Never {
        port.send("ready")
        var values: [String: String] = [:]
        while true {
            let line = try port.receive()
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            switch words.first {
            case "set" where words.count == 3: values[words[1]] = words[2]
            case "scenario" where words.count == 2: port.send(await run(words[1], values))
            default: port.send("log the agent doesn't know the line `\(line)`")
            }
        }
    }

    private func run(_ name: String, _ values: [String: String]) async -> String {
        let file = "\(name).scenario"
        let scratch = URL(filePath: "/run/scenarios/\(name.replacing("/", with: "-"))", directoryHint: .isDirectory)
        do {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: scratch) }
            let text = try String(contentsOf: payload.appending(path: "scenarios/\(file)"), encoding: .utf8)
            let scenario = try ScenarioParser.parse(text, file: file, kinds: DeviceKind.all.map(\.name))
            let place = VMPlace(
                payload: payload, scratch: scratch, values: values, log: { [port] in port.send("log \($0)") }, send: { [port] in port.send($0) })
            return "ok \(name) \(try await ScenarioRun(scenario, file: file, place: place).run().line)"
        } catch let error as ScenarioError {
            return "not ok \(name) line \(error.line): \(error.message)"
        } catch {
            return "not ok \(name) line 0: \(error)"
        }
    }

    /// Says what is wrong with each file; true when nothing is.
    static func check(_ files: [String]) -> Bool {
        var isFine = true
        for file in files {
            do {
                _ = try ScenarioParser.parse(try String(contentsOfFile: file, encoding: .utf8), file: file, kinds: DeviceKind.all.map(\.name))
            } catch {
                print("\(error)")
                isFine = false
            }
        }
        return isFine
    }
}
