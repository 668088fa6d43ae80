import Bench
import BenchLine
import Foundation
import LocalAPI

/// kioskd from its start to its telling a technician how it stands, with many items waiting and with none. The platform isn't there. In turns; the medians
/// are compared.
struct ReadyTime {
    let waiting: Int
    let ground: URL

    private static let turns = 21

    func run() async throws -> BenchLine {
        let full = try await kiosk(ground.appending(path: "full"), waiting: waiting)
        let empty = try await kiosk(ground.appending(path: "empty"), waiting: 0)
        var (our, their): ([Duration], [Duration]) = ([], [])
        for _ in 0..<Self.turns {
            our.append(try await time(full, waiting: waiting))
            their.append(try await time(empty, waiting: 0))
        }
        return BenchLine(
            name: "ready-\(waiting)", value: our.median / .milliseconds(1), unit: "ms", peer: "empty", peerValue: their.median / .milliseconds(1),
            goal: 1.2)
    }

    private func kiosk(_ root: URL, waiting: Int) async throws -> BareKiosk {
        let kiosk = try await EnrolledKiosk(in: root)
        try FilledOutbox.fill(kiosk.layout.kioskData, count: waiting)
        let log = ProcessLog()
        let platform = try await VirtualPlatform(layout: kiosk.layout, log: log)
        return try BareKiosk(EnrolledKiosk.name, layout: kiosk.layout, platformPort: platform.port, log: log)
    }

    private func time(_ kiosk: BareKiosk, waiting: Int) async throws -> Duration {
        let began = ContinuousClock.now
        let process = try await kiosk.start()
        let took = ContinuousClock.now - began
        let found = try? await kiosk.local.status().queue.waiting
        await process.stop()
        guard found == waiting else { throw BenchFailure("\(waiting) items were put into the queue, and kioskd tells of \(found ?? 0)") }
        return took
    }
}
