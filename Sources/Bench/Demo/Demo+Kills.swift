import BadNetwork
import Foundation
import LocalAPI

extension Demo {
    /// The receipt is out and the network is off. kioskd dies; then the upload begins, goes dead half-way, and the platform dies.
    func killOnTheWay() async throws -> Int {
        let waiting = try await kiosk.local.queue(state: .waiting)
        guard !waiting.isEmpty else { throw Poll.Missed(what: "an item waiting in the outbox", deadline: .zero, last: "an empty queue") }
        step("\(waiting.count) sealed items wait in the outbox")
        let kioskd = try await kiosk.kioskd
        let victim = await kioskd.pid
        await kioskd.killAndWait()
        step("kill -9 of kioskd (\(victim.map(String.init) ?? "gone"))")
        let _: Bool = try await Poll.until("kioskd to be started anew", deadline: .seconds(60)) {
            guard let pid = await kioskd.pid, pid != victim else { return .notYet("not running") }
            _ = try await kiosk.local.status()
            return .there(true)
        }
        let kept = try await kiosk.local.queue(state: .waiting)
        guard Set(kept.map(\.id)) == Set(waiting.map(\.id)) else {
            throw Poll.Missed(what: "the same items in the outbox after the kill", deadline: .zero, last: "\(kept.count) items")
        }
        step("kioskd runs again with all \(kept.count) items")

        // Application and half of the material pass, then the line goes dead: the platform is certainly in the middle of the upload.
        let network = try await kiosk.network
        let before = waiting.filter { $0.kind == "application" }.reduce(0) { $0 + $1.byteCount }
        let material = waiting.filter { $0.kind == "material" }.map(\.byteCount).max() ?? 0
        network.stall(afterUpstream: before + material / 2)
        network.setOnline(true)
        let _: Bool = try await Poll.until("the upload to get half-way", deadline: .seconds(60)) {
            network.isStalled ? .there(true) : .notYet("\(network.bytesForwarded) bytes passed")
        }
        let platform = try await kiosk.platform
        let dead = await platform.pid
        await platform.killAndWait()
        step("kill -9 of platformd (\(dead.map(String.init) ?? "gone")) with \(network.bytesForwarded) bytes of the upload on their way")
        network.lift()
        network.cut()
        try await kiosk.waitForPlatform()
        step("platformd runs again")
        return 2
    }
}
