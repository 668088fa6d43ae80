import Bench
import Foundation
import Synchronization

/// The kiosk's real queue under load (Tests/Rigs/queue-load), with the platform on the host. What it acknowledges is told to the host at once, which
/// verifies it at the platform.
actor QueueLoadDevice: VMDevice {
    private let arguments: [String]
    private let place: VMPlace
    private let heard: Heard
    private let port: String
    private var tunnel: BenchProcess?
    private var process: BenchProcess?

    init(_ options: [String: String], _ place: VMPlace) throws {
        guard let data = options["data"], Set(options.keys).isSubset(of: ["data", "backlog"]) else {
            throw DeviceTrouble("write `device NAME queue-load data={DISK.path} [backlog=N]`")
        }
        guard let port = place.values["platform-port"], let credential = place.values["credential"], let seed = place.values["seed"],
            let key = place.values["key"].flatMap({ Data(base64Encoded: $0) })
        else {
            throw DeviceTrouble("the host handed over no platform, credential, key and seed: it has no city for this scenario")
        }
        let file = place.scratch.appending(path: "credential.json")
        for (bytes, path) in [(Data(credential.utf8), file.path), (key, place.scratch.appending(path: "signing.pem").path)] {
            try bytes.write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        arguments = [
            "--data", data + "/outbox", "--credential", file.path, "--platform", "http://127.0.0.1:\(port)", "--seed", seed, "--backlog",
            options["backlog"] ?? "30",
        ]
        self.place = place
        self.port = port
        heard = Heard(send: place.send)
    }

    /// The kiosk speaks to a platform without TLS on loopback only: the host's port becomes one of the machine's own.
    func plug(within deadline: Duration) async throws {
        guard tunnel == nil else { return }
        let command = BenchProcess.Command(
            "/usr/bin/systemd-socket-activate",
            ["--listen=127.0.0.1:\(port)", "/lib/systemd/systemd-socket-proxyd", "--connections-max=1024", "10.0.2.2:\(port)"],
            environment: ["PATH": "/usr/bin:/bin"])
        tunnel = try await BenchProcess.start(command) { _ in }
    }

    func unplug(within deadline: Duration) async throws {
        throw DeviceTrouble("a queue has no plug; write `kill NAME`")
    }

    var isPlugged: Bool { process != nil }

    func perform(_ verb: String, _ words: [String], within deadline: Duration) async throws -> String {
        switch verb {
        case "start":
            try await start([])
            try await wait("the queue to be ready", deadline) { $0.isReady }
        case "acknowledge":
            guard let count = words.first.flatMap(Int.init), count > 0 else { throw DeviceTrouble("write `acknowledge NAME COUNT`") }
            let goal = heard.state.withLock { $0.acknowledged } + count
            try await wait("\(count) acknowledgements more", deadline) { $0.acknowledged >= goal }
        case "refuse":
            // The codes of what went wrong, each once.
            try await wait("a refusal", deadline) { !$0.troubles.isEmpty }
            return heard.state.withLock { $0.troubles.sorted().joined(separator: " ") }
        case "mute": heard.state.withLock { $0.isMuted = true }
        case "kill": await kill()
        case "drain": try await drain()
        default: throw DeviceTrouble("a queue can't `\(verb)`; it can `start`, `acknowledge`, `refuse`, `mute`, `kill` and `drain`")
        }
        return "done"
    }

    func end() async {
        await kill()
        await tunnel?.stop()
    }

    private func start(_ more: [String]) async throws {
        guard process == nil else { throw DeviceTrouble("it runs already; write `kill NAME` first") }
        heard.state.withLock { $0.begin() }
        let environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/root", "LD_LIBRARY_PATH": place.payload.appending(path: "lib").path]
        let command = BenchProcess.Command(place.program("queue-load"), arguments + more, environment: environment)
        process = try await BenchProcess.start(command, hearing: .seconds(60)) { [heard] in heard.take($0) }
    }

    /// Until nothing waits any more.
    private func drain() async throws {
        try await start(["--drain"])
        let end = await process?.wait()
        process = nil
        guard end == .exit(0) else { throw DeviceTrouble("the drain ended with \(end.map { "\($0)" } ?? "nothing"): \(heard.lastLines)") }
    }

    private func kill() async {
        process?.send(SIGKILL)
        _ = await process?.wait()
        process = nil
    }

    /// A queue that has ended won't say any more.
    private func wait(_ what: String, _ deadline: Duration, for condition: @Sendable (Heard.State) -> Bool) async throws {
        let end = try await Poll.until(what, deadline: deadline) { [process, heard] () -> Poll.Outcome<BenchProcess.End?> in
            // In this order: what it said is heard to the end before its end is known.
            let end = process?.end
            if heard.state.withLock({ condition($0) }) { return .there(nil) }
            if let end { return .there(end) }
            return .notYet("\(heard.state.withLock { $0.acknowledged }) acknowledged in all; \(heard.lastLines)")
        }
        if let end { throw DeviceTrouble("waited for \(what), and the queue ended with \(end): \(heard.lastLines)") }
    }
}

/// What queue-load said.
final class Heard: Sendable {
    struct State {
        var isReady = false
        var isMuted = false
        var acknowledged = 0
        var troubles: Set<String> = []
        var last: [String] = []

        /// Another start of the program: what it said before the last one stays counted.
        mutating func begin() {
            isReady = false
            isMuted = false
            troubles = []
        }
    }

    let state = Mutex(State())
    private let send: @Sendable (String) -> Void

    init(send: @escaping @Sendable (String) -> Void) {
        self.send = send
    }

    var lastLines: String { state.withLock { $0.last.joined(separator: "; ") } }

    func take(_ line: String) {
        state.withLock { take(line, &$0) }
    }

    private func take(_ line: String, _ state: inout State) {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "ready": state.isReady = true
        // Sent under the lock: once muting returns, nothing that was said later is counted.
        case "acknowledged" where !state.isMuted:
            state.acknowledged += 1
            send(line)
        case "refused" where words.count == 3: state.troubles.insert(words[2])
        case "failed" where words.count == 2: state.troubles.insert(words[1])
        case "acknowledged", "delivered", "rejected", "drained": break
        default: state.last = state.last.suffix(9) + [line]
        }
    }
}
