import ArgumentParser
import BenchLine
import Foundation

/// What the kiosk's queue costs, measured beside a peer or beside itself with less in it.
@main
struct QueueBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue-bench", abstract: "Measure what the kiosk's queue costs, beside a peer in the same run.",
        discussion: """
            Prints a line for each measurement:
            bench NAME value=… unit=… peer=… peer_value=… ratio=… goal=… verdict=ok|short
            The ratio is value through peer_value and is good up to the goal. The disk that is measured is that of --directory.

            Exit codes: 0 measured, whatever the verdicts; 1 a measurement failed.
            """)

    @Option(help: "Items stored beside as many of the peer.")
    var items = 1000

    @Option(help: "Items that wait in the long queue.")
    var backlog = 100_000

    @Option(help: "Items that wait when the outbox is opened.")
    var waiting = 100_000

    @Option(help: "Where to measure. (default: the directory for temporary files)", completion: .directory)
    var directory: String?

    @Argument(help: "Which: enqueue, open, backlog; all when none is named.")
    var names: [Name] = []

    enum Name: String, ExpressibleByArgument, CaseIterable { case enqueue, open, backlog }

    func run() throws {
        let base = directory.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
        for name in names.isEmpty ? Name.allCases : names {
            let ground = base.appending(path: "queue-bench-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: ground, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: ground) }
            switch name {
            case .enqueue: print(try EnqueueTime(items: items, ground: ground).run())
            case .open: print(try OpeningTime(waiting: waiting, ground: ground).run())
            case .backlog: print(try BacklogTime(items: items, backlog: backlog, ground: ground).run())
            }
        }
    }
}
