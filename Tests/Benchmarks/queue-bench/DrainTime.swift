import Bench
import BenchLine
import Foundation
import KioskQueue
import KioskRuntime
import Outbox

/// What waits in an outbox brought to a platform, beside curl with the same requests to another that began as a copy of the first: in turns, so that a
/// machine whose mood changes is as good or bad for both. Wall clock and the client's processor time, of all turns together.
struct DrainTime {
    /// `100k`
    let name: String
    let turns: Int
    /// Of a turn; each is an application and so many materials.
    let submissions: Int
    let materials: Int
    /// bytes of a material
    let size: Int
    let ground: URL

    func run() async throws -> [BenchLine] {
        let kiosk = try await EnrolledKiosk(in: ground.appending(path: "kiosk"))
        let outbox = try FilledOutbox.open(kiosk.layout.kioskData)
        let store = OutboxStore(outbox)
        let stock = SealedStock(kiosk: EnrolledKiosk.name, sealer: kiosk.sealer(store), size: size)
        let other = try BenchLayout(root: ground.appending(path: "peer"))
        try FileManager.default.createDirectory(at: other.root, withIntermediateDirectories: false)
        try FileManager.default.copyItem(at: kiosk.layout.platformData, to: other.platformData)
        try other.makeDirectories()
        let curl = try CurlDrain(in: ground.appending(path: "curl"))

        var (ours, theirs) = (Cost(), Cost())
        for turn in 0..<turns {
            for _ in 0..<submissions { try await stock.commit(materials: materials) }
            let entries = try outbox.entries(state: .waiting, limit: .max)
            // Whoever goes first has the files in memory, which were written just now.
            let isFirst = turn.isMultiple(of: 2)
            if isFirst { ours += try await serve(kiosk.layout) { try await KioskDrain(store: store).run(kiosk.credential(port: $0)) } }
            theirs += try await curl.run(entries, of: outbox) { send in try await serve(other) { try await send(kiosk.credential(port: $0)) } }
            if !isFirst { ours += try await serve(kiosk.layout) { try await KioskDrain(store: store).run(kiosk.credential(port: $0)) } }
        }
        return [
            BenchLine(
                name: "drain-\(name)", value: ours.wall / .seconds(1), unit: "s", peer: "curl", peerValue: theirs.wall / .seconds(1), goal: 1),
            BenchLine(
                name: "drain-\(name)-processor", value: ours.processor / .seconds(1), unit: "s", peer: "curl",
                peerValue: theirs.processor / .seconds(1), goal: 1.3),
        ]
    }

    private func serve(_ layout: BenchLayout, _ body: (_ port: Int) async throws -> Cost) async throws -> Cost {
        let platform = try await VirtualPlatform(layout: layout, log: ProcessLog())
        do {
            try await platform.start()
            let cost = try await body(platform.port)
            guard await platform.process.restarts == 0 else { throw BenchFailure("platformd died") }
            await platform.stop()
            return cost
        } catch {
            await platform.stop()
            throw error
        }
    }
}
