import BenchLine
import Foundation
import Outbox

/// The same commit with a long queue and with a short one, in turns of 10; the medians of the turns are compared.
struct BacklogTime {
    let items: Int
    let backlog: Int
    let ground: URL

    private static let turn = 10

    func run() throws -> BenchLine {
        let (long, short) = (ground.appending(path: "long"), ground.appending(path: "short"))
        try FilledOutbox.fill(long, count: backlog)
        try FilledOutbox.fill(short, count: 1000)
        let (full, light) = (try FilledOutbox.open(long), try FilledOutbox.open(short))
        var (our, their): ([Duration], [Duration]) = ([], [])
        for _ in 0..<max(1, items / Self.turn) {
            our.append(try FilledOutbox.time(of: Self.turn, in: full))
            their.append(try FilledOutbox.time(of: Self.turn, in: light))
        }
        return BenchLine(
            name: "enqueue-backlog-\(backlog)", value: our.median / .milliseconds(1) / Double(Self.turn), unit: "ms", peer: "backlog-1000",
            peerValue: their.median / .milliseconds(1) / Double(Self.turn), goal: 1.2)
    }
}
