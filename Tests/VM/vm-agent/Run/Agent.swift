import Foundation
import Synchronization

/// Takes the host's lines, runs its scenarios one after the other, and reports.
final class Agent: Sendable {
    /// Of the virtual machine, whose host may have other work too.
    private static let slowness = 6
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
            case "scenario" where words.count >= 2: port.send(await run(words[1], kind: words.count == 3 ? words[2] : nil, values))
            default: port.send("log the agent doesn't know the line `\(line)`")
            }
        }
    }

    private func run(_ name: String, kind: String?, _ values: [String: String]) async -> String {
        let place = VMPlace(
            payload: payload, scratch: URL(filePath: "/run/scenarios/\(name.replacing("/", with: "-"))", directoryHint: .isDirectory), values: values,
            slowness: Self.slowness, log: { [port] in port.send("log \($0)") }, send: { [port] in port.send($0) })
        return await Self.run(payload.appending(path: "scenarios/\(name).scenario"), as: name, kind: kind, place)
    }

    /// The result line.
    private static func run(_ file: URL, as name: String, kind: String?, _ place: VMPlace) async -> String {
        let name = kind.map { "\(name)=\($0)" } ?? name
        do {
            try FileManager.default.createDirectory(at: place.scratch, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: place.scratch) }
            let text = try String(contentsOf: file, encoding: .utf8)
            let scenario = try ScenarioParser.parse(text, file: file.lastPathComponent, kinds: DeviceKind.all.map(\.name), chosen: kind)
            return "ok \(name) \(try await ScenarioRun(scenario, file: file.lastPathComponent, place: place).run().line)"
        } catch let error as ScenarioError {
            return "not ok \(name) line \(error.line): \(error.message)"
        } catch {
            return "not ok \(name) line 0: \(error)"
        }
    }

    /// Six times as often as a kiosk polls. In the virtual machine, where the kernel's messages tell of what comes, hosts keep the kiosk's own pace.
    private static let pollInterval: Duration = .milliseconds(500)

    /// Runs a file on this machine, with our programs from beside this one, and prints the result line; with `verbose`, each step too.
    /// True when it passed.
    static func run(_ file: String, kind: String?, host: String?, verbose: Bool) async -> Bool {
        let programs = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let scratch = FileManager.default.temporaryDirectory.appending(path: "kiosk-scenario-\(ProcessInfo.processInfo.processIdentifier)")
        let said = Said()
        let log: @Sendable (String) -> Void = { if verbose { print("  \($0)") } else { said.add($0) } }
        let place = VMPlace(payload: programs, programs: programs, host: host, scratch: scratch, pollInterval: pollInterval, log: log, send: log)
        let file = URL(filePath: file)
        let line = await run(file, as: file.deletingPathExtension().lastPathComponent, kind: kind, place)
        let isFine = line.hasPrefix("ok ")
        // What led to it, for whoever reads of it later: it may not happen a second time.
        if !isFine { for line in said.last { print("  \(line)") } }
        print(line)
        return isFine
    }

    /// The last lines of a journal that nobody reads unless something fails.
    private final class Said: Sendable {
        private static let most = 60
        private let lines = Mutex<[String]>([])

        var last: [String] { lines.withLock { $0 } }

        func add(_ line: String) { lines.withLock { $0 = $0.suffix(Self.most - 1) + [line] } }
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
