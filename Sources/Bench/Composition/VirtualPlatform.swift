public import Foundation
import PlatformAPI

/// The city on this machine: a real platformd with a data directory of its own, started anew when it dies, and an officer who looks into it.
public struct VirtualPlatform: Sendable {
    /// Loopback port; the kiosk should be given that of a network in between.
    public let port: Int
    public let process: SupervisedProcess
    public let officer: PlatformOperator
    private let layout: BenchLayout
    private let environment: [String: String]
    private let log: ProcessLog

    /// Takes a free port and makes an officer's token; nothing runs yet. Throws `Failed` when platformd refuses the data.
    /// - Parameter environment: of every platformd; nil for the layout's
    public init(layout: BenchLayout, environment: [String: String]? = nil, log: ProcessLog) async throws {
        self.layout = layout
        self.log = log
        let environment = environment ?? layout.environment
        self.environment = environment
        let port = try FreePort.pick()
        self.port = port
        let token = try await Self.run(layout, environment, ["operator-token", "--data", layout.platformData.path])
        officer = PlatformOperator(port: port, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
        let serve = BenchProcess.Command(
            layout.executable("platformd"),
            [
                "serve", "--data", layout.platformData.path, "--port", "\(port)", "--catalogue", layout.kiosk.appending(path: "catalogue").path,
            ],
            environment: environment)
        process = SupervisedProcess("platformd", log: log) { serve }
    }

    /// Makes a kiosk known, unless there is a credential already. Its own key lies beside the credential, and is made when there is none.
    /// - Parameter network: port of a network in between that the credential names; nil for the platform's own
    public func enrol(_ kiosk: String, credential: URL, via network: Int? = nil) async throws {
        if FileManager.default.fileExists(atPath: credential.path) { return }
        let file = KioskPrivateKey.place(beside: credential)
        let key: KioskPrivateKey
        if FileManager.default.fileExists(atPath: file.path) {
            key = try KioskPrivateKey(contentsOf: file)
        } else {
            key = try KioskPrivateKey()
            try key.write(to: file)
        }
        let request = credential.deletingLastPathComponent().appending(path: "\(kiosk).pub")
        try Data(key.publicKey.pem.utf8).write(to: request)
        try await run(
            [
                "enrol", "--data", layout.platformData.path, "--kiosk", kiosk, "--url", "http://127.0.0.1:\(network ?? port)", "--key", request.path,
                "--out", credential.path,
            ])
    }

    /// Returns when it answers.
    public func start() async throws {
        try await process.start()
        try await waitUntilHealthy()
    }

    /// Returns when it answers; throws `Poll.Missed` when it doesn't.
    public func waitUntilHealthy() async throws {
        _ = try await Poll.until("platformd to answer") {
            await officer.isHealthy() ? .there(true) : .notYet("no answer; \(log.recent.suffix(3).joined(separator: "; "))")
        }
    }

    /// Makes a backup while it runs, or doesn't, and tells the kiosks so.
    /// - Returns: the last number of the ledger that it has
    @discardableResult
    public func backUp(to place: URL) async throws -> UInt64 {
        let command = ["backup", "--data", layout.platformData.path, "--to", place.path]
        let text = try await run(command)
        guard let through = text.firstMatch(of: /backed up through ([0-9]+)/).flatMap({ UInt64($0.output.1) }) else {
            throw Failed(command: "platformd backup", end: .exit(0), output: text)
        }
        return through
    }

    /// Gives it sealed packets by hand, while it runs or doesn't, as `platformd import` tells of them.
    /// - Parameter places: files, directories, a kiosk's outbox
    public func takeIn(_ places: [URL]) async throws -> [TakenIn] {
        let catalogue = layout.kiosk.appending(path: "catalogue").path
        let text = try await run(
            ["import", "--data", layout.platformData.path, "--catalogue", catalogue, "--format", "json"] + places.map(\.path), succeeding: [0, 1])
        // Its log is heard with it.
        guard let list = text.firstMatch(of: /(?ms)^\[$.*^\]$/)?.output, let items = try? JSONDecoder().decode([TakenIn].self, from: Data(list.utf8))
        else { throw Failed(command: "platformd import", end: .exit(0), output: text) }
        return items
    }

    /// What became of one packet.
    public struct TakenIn: Sendable, Decodable {
        /// Nil for what isn't a packet.
        public var id: UUID?
        /// As docs/salvage.md names it.
        public var outcome: String
        public var reason: String?

        /// Whether the platform says that it has it.
        public var isThere: Bool { ["accepted", "already"].contains(outcome) }
    }

    /// Has what a backup has, and nothing that came after it; the keys stay. It must not run.
    public func restore(from place: URL) async throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: layout.platformData.path) where name != "keys" {
            try FileManager.default.removeItem(at: layout.platformData.appending(path: name))
        }
        try await run(["restore", "--data", layout.platformData.path, "--from", place.path])
    }

    /// Ends it for good.
    public func stop() async {
        await process.stop()
    }

    /// platformd wouldn't do what an administrator asked.
    public struct Failed: Error, CustomStringConvertible {
        public var command: String
        public var end: BenchProcess.End
        public var output: String

        public var description: String { "\(command) ended with \(end): \(output)" }
    }

    @discardableResult
    private func run(_ arguments: [String], succeeding statuses: Set<Int32> = [0]) async throws -> String {
        try await Self.run(layout, environment, arguments, succeeding: statuses)
    }

    /// Runs a command of platformd to its end and returns what it printed.
    private static func run(
        _ layout: BenchLayout, _ environment: [String: String], _ arguments: [String], succeeding statuses: Set<Int32> = [0]
    ) async throws -> String {
        let output = ProcessLog()
        let command = BenchProcess.Command(layout.executable("platformd"), arguments, environment: environment)
        let child = try await BenchProcess.start(command) { output.append($0, from: "platformd") }
        let end = await child.wait()
        let text = String(decoding: output.everything.flatMap(\.bytes), as: UTF8.self)
        guard statuses.contains(where: { end == .exit($0) }) else {
            throw Failed(command: (["platformd"] + arguments.prefix(1)).joined(separator: " "), end: end, output: text)
        }
        return text
    }
}
