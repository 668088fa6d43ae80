import BenchLine
import Foundation
import Outbox

/// The outbox opened, and asked what is due and how much there is, as kioskd does before it is ready: with many items waiting and with none. In turns; the medians
/// are compared.
struct OpeningTime {
    let waiting: Int
    let ground: URL

    func run() throws -> BenchLine {
        let (full, empty) = (ground.appending(path: "full"), ground.appending(path: "empty"))
        try FilledOutbox.fill(full, count: waiting)
        try FilledOutbox.fill(empty, count: 0)
        var (our, their): ([Duration], [Duration]) = ([], [])
        for _ in 0..<51 {
            our.append(try time(full))
            their.append(try time(empty))
        }
        return BenchLine(
            name: "open-\(waiting)", value: our.median / .milliseconds(1), unit: "ms", peer: "empty", peerValue: their.median / .milliseconds(1),
            goal: 1.2)
    }

    private func time(_ directory: URL) throws -> Duration {
        let began = ContinuousClock.now
        let outbox = try FilledOutbox.open(directory)
        _ = try outbox.nextDueDate()
        _ = try outbox.due(at: Date(), limit: 1)
        _ = try outbox.counts()
        return ContinuousClock.now - began
    }
}
