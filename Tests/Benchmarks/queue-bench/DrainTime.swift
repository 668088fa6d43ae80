import Bench
import BenchLine
import Foundation
import KioskQueue
import KioskRuntime
import Outbox

/// A full outbox brought to a platform, beside curl with the same requests to another that was a copy of the first. Wall clock and the client's processor time.
struct DrainTime {
    /// `100k`
    let name: String
    /// Submissions; each is an application and so many materials.
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
        for _ in 0..<submissions { try await stock.commit(materials: materials) }
        let other = try BenchLayout(root: ground.appending(path: "peer"))
        try FileManager.default.createDirectory(at: other.root, withIntermediateDirectories: false)
        try FileManager.default.copyItem(at: kiosk.layout.platformData, to: other.platformData)
        try other.makeDirectories()

        let ours = try await serve(kiosk.layout) { port in
            try await KioskDrain(store: store, count: submissions * (materials + 1)).run(kiosk.credential(port: port))
        }
        // Room for the peer's copy of the same.
        try FileManager.default.removeItem(at: kiosk.layout.platformData)
        let peer = try CurlDrain(outbox, in: ground.appending(path: "curl"))
        let theirs = try await serve(other) { port in try await peer.run(kiosk.credential(port: port)) }
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
