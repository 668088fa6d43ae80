import ArgumentParser
import BenchLine
import Foundation

/// What the kiosk's queue costs, measured beside a peer or beside itself with less in it.
@main
struct QueueBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue-bench", abstract: "Measure what the kiosk's queue costs, beside a peer in the same run.",
        discussion: """
            Prints a line for each measurement:
            bench NAME value=… unit=… peer=… peer_value=… ratio=… goal=… verdict=ok|short
            The ratio is value through peer_value and is good up to the goal; the peer `limit` is what the house allows. The disk that is measured is that of \
            --directory, and needs 6 GB.

            Exit codes: 0 measured, whatever the verdicts; 1 a measurement failed.
            """)

    @Option(help: "Items stored beside as many of the peer.")
    var items = 1000

    @Option(help: "Items that wait in the long queue.")
    var backlog = 1_000_000

    @Option(help: "Items that wait when kioskd is started.")
    var waiting = 100_000

    @Option(help: "Where to measure. (default: the directory for temporary files)", completion: .directory)
    var directory: String?

    @Argument(help: "Which: \(Name.allCases.map(\.rawValue).joined(separator: ", ")); all when none is named.")
    var names: [Name] = []

    enum Name: String, ExpressibleByArgument, CaseIterable {
        case enqueue, jetstream, seal
        case drainSmall = "drain-small"
        case drainLarge = "drain-large"
        case memory, ready, backlog
    }

    func run() async throws {
        let base = directory.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
        for name in names.isEmpty ? Name.allCases : names {
            // Short: sockets lie below it.
            let ground = base.appending(path: "queue-bench-\(UUID().uuidString.prefix(8).lowercased())")
            try FileManager.default.createDirectory(at: ground, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: ground) }
            for line in try await measure(name, on: ground) { print(line) }
        }
    }

    private func measure(_ name: Name, on ground: URL) async throws -> [BenchLine] {
        switch name {
        case .enqueue: [try EnqueueTime(items: items, ground: ground).besideSQLite()]
        case .jetstream: [try await EnqueueTime(items: items, ground: ground).besideJetStream()]
        case .seal: [try await SealTime(ground: ground).run()]
        case .drainSmall: try await DrainTime(name: "100k", turns: 8, submissions: 5, materials: 50, size: 100_000, ground: ground).run()
        case .drainLarge: try await DrainTime(name: "50m", turns: 4, submissions: 1, materials: 5, size: 50_000_000, ground: ground).run()
        case .memory: [try await DrainMemory(ground: ground).run()]
        case .ready: [try await ReadyTime(waiting: waiting, ground: ground).run()]
        case .backlog: [try BacklogTime(items: items, backlog: backlog, ground: ground).run()]
        }
    }
}
