import Bench
import Foundation
import Synchronization

/// One run of queue-load, heard line by line.
final class LoadProcess: Sendable {
    private struct Heard {
        var partial: [UInt8] = []
        var isReady = false
        var acknowledged: [String] = []
        var refused = 0
        /// Whatever else it printed: its log.
        var others: [String] = []

        mutating func take(_ line: String) {
            let words = line.split(separator: " ")
            switch words.first {
            case "ready": isReady = true
            case "acknowledged" where words.count == 2: acknowledged.append(String(words[1]))
            case "refused": refused += 1
            case "delivered", "rejected", "drained": break
            default: others.append(line)
            }
        }
    }

    private final class Ear: Sendable {
        let heard = Mutex(Heard())

        func hear(_ bytes: UnsafeRawBufferPointer) {
            heard.withLock { heard in
                heard.partial.append(contentsOf: bytes)
                // A line cut off by a kill wasn't said.
                while let end = heard.partial.firstIndex(of: 0x0A) {
                    let line = String(decoding: heard.partial[..<end], as: UTF8.self)
                    heard.partial.removeSubrange(...end)
                    heard.take(line)
                }
            }
        }
    }

    private let process: BenchProcess
    private let ear: Ear

    private init(process: BenchProcess, ear: Ear) {
        self.process = process
        self.ear = ear
    }

    static func start(_ command: BenchProcess.Command) async throws -> LoadProcess {
        let ear = Ear()
        return LoadProcess(process: try await BenchProcess.start(command, hearing: .seconds(60)) { ear.hear($0) }, ear: ear)
    }

    /// References in the order in which they were acknowledged.
    var acknowledged: [String] { ear.heard.withLock { $0.acknowledged } }
    var refused: Int { ear.heard.withLock { $0.refused } }
    var isReady: Bool { ear.heard.withLock { $0.isReady } }
    /// The last of what it logged.
    var log: [String] { ear.heard.withLock { $0.others.suffix(20) } }
    /// Nil while it runs.
    var end: BenchProcess.End? { process.end }

    /// Returns once it is ready or has ended, or after `deadline`.
    func waitUntilReady(deadline: Duration = .seconds(20)) async throws {
        try await wait(deadline) { self.isReady || self.end != nil }
    }

    /// Returns how it ended; nil when it still runs after `deadline`.
    func waitForEnd(deadline: Duration) async throws -> BenchProcess.End? {
        try await wait(deadline) { self.end != nil }
        return end
    }

    /// `kill -9`, and returns when it is gone and everything it said was heard.
    func kill() async {
        process.send(SIGKILL)
        _ = await process.wait()
    }

    /// Looks often: a round is short, and what it waits for comes within milliseconds.
    private func wait(_ deadline: Duration, for condition: () -> Bool) async throws {
        let end = ContinuousClock.now + deadline
        while !condition(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(2)) }
    }
}
