import Bench
import Foundation
import Synchronization

/// One run of queue-load, heard line by line.
final class LoadProcess: Sendable {
    /// What it told.
    struct Told: Sendable {
        var isReady = false
        /// References in the order in which they were acknowledged.
        var acknowledged: [String] = []
        var delivered = 0
        /// The codes of receipts, each after its reference.
        var receipts: [String: String] = [:]
        var refused = 0
        /// Of these, because its quota was used up.
        var full = 0
        /// Whatever else it printed: its log.
        var others: [String] = []

        mutating func take(_ line: String) {
            // A receipt's code may hold blanks.
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            switch words.first {
            case "ready": isReady = true
            case "acknowledged" where words.count == 2: acknowledged.append(String(words[1]))
            case "receipt" where words.count == 3: receipts[String(words[1])] = String(words[2])
            case "refused":
                refused += 1
                if words.last == "outbox.full" { full += 1 }
            case "delivered": delivered += 1
            case "rejected", "drained": break
            default: others.append(line)
            }
        }
    }

    private final class Ear: Sendable {
        let heard = Mutex(Told())
    }

    private let process: BenchProcess
    private let ear: Ear

    private init(process: BenchProcess, ear: Ear) {
        self.process = process
        self.ear = ear
    }

    static func start(_ command: BenchProcess.Command) async throws -> LoadProcess {
        let ear = Ear()
        let process = try await BenchProcess.start(command, hearing: .seconds(60)) { line in ear.heard.withLock { $0.take(line) } }
        return LoadProcess(process: process, ear: ear)
    }

    /// What it has told so far.
    var told: Told { ear.heard.withLock { $0 } }
    var acknowledged: [String] { told.acknowledged }
    var refused: Int { told.refused }
    var isReady: Bool { told.isReady }
    /// The last of what it logged.
    var log: [String] { ear.heard.withLock { $0.others.suffix(20) } }
    /// Nil while it runs.
    var end: BenchProcess.End? { process.end }

    /// Returns once it is ready or has ended; throws `Poll.Missed` when it does neither.
    func waitUntilReady(deadline: Duration = .seconds(60)) async throws {
        _ = try await poll("queue-load to be ready", deadline) { self.isReady || self.end != nil ? .there(true) : .notYet("\(self.log)") }
    }

    /// Returns how it ended; throws `Poll.Missed` when it still runs after `deadline`.
    func waitForEnd(deadline: Duration) async throws -> BenchProcess.End {
        try await poll("the end of queue-load", deadline) { self.end.map { .there($0) } ?? .notYet("\(self.log)") }
    }

    /// The same of one that drains, for as long as it delivers: throws `Poll.Missed` when it has delivered nothing more for `patience`.
    func waitForEnd(patience: Duration) async throws -> BenchProcess.End {
        while true {
            let before = told.delivered
            let end: BenchProcess.End? = try await poll("the end of queue-load, or a delivery", patience) {
                if let end = self.end { return .there(end) }
                return self.told.delivered > before ? .there(nil) : .notYet("\(self.log)")
            }
            if let end { return end }
        }
    }

    /// `kill -9`, and returns when it is gone and everything it said was heard.
    /// - Returns: nil when the kill ended it; how it ended when it was the first
    @discardableResult
    func kill() async -> BenchProcess.End? {
        let before = process.end
        process.send(SIGKILL)
        let end = await process.wait()
        return before == nil && end == .signal(SIGKILL) ? nil : end
    }

    /// It ended by itself, in a way that no blow explains: that says nothing about what was acknowledged.
    struct Broken: Error, CustomStringConvertible {
        var end: BenchProcess.End
        var log: [String]

        var description: String { "queue-load is broken: it ended by itself with \(end): \(log.joined(separator: "; "))" }
    }

    /// Looks often: a round is short, and what it waits for comes within milliseconds.
    private func poll<Value>(_ what: String, _ deadline: Duration, _ check: () -> Poll.Outcome<Value>) async throws -> Value {
        try await Poll.until(what, deadline: deadline, every: .milliseconds(2), check)
    }
}
