import BenchLine
import KioskQueue
import KioskRuntime
import Outbox
import PlatformAPI

/// The kiosk's own way of bringing an outbox to its platform, in this process.
struct KioskDrain {
    let store: OutboxStore

    /// Brings all that wait. Throws when anything comes back.
    func run(_ credential: KioskCredential) async throws -> Cost {
        var left = try await store.perform { try $0.counts()[.waiting].entries }
        let delivery = DeliveryService(store: store, uplink: try PlatformLink(credential: credential), logger: FilledOutbox.silent)
        let updates = await delivery.updates()
        let meter = CostMeter()
        let running = Task { try await delivery.run() }
        defer { running.cancel() }
        for await update in updates {
            switch update {
            case .delivered: left -= 1
            case .status: continue
            case .rejected, .quarantined, .postponed: throw BenchFailure("a packet wasn't delivered: \(update)")
            }
            if left == 0 { break }
        }
        let cost = meter.cost
        guard left == 0 else { throw BenchFailure("the delivery ended with \(left) packets left") }
        running.cancel()
        try await running.value
        guard try await store.perform({ try $0.counts()[.waiting].entries }) == 0 else { throw BenchFailure("the outbox counts otherwise") }
        return cost
    }
}
