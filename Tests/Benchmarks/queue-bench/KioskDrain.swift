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
        let count = try await store.perform { try $0.counts()[.waiting].entries }
        let link = try PlatformLink(credential: credential)
        let delivery = DeliveryService(store: store, uplink: link, logger: FilledOutbox.silent)
        let updates = await delivery.updates()
        let meter = CostMeter()
        let running = Task { try await delivery.run() }
        defer { running.cancel() }
        // Counted where it happens: to hear of it elsewhere isn't part of it.
        try await withTaskExecutorPreference(link.executor) { try await Self.wait(for: count, among: updates) }
        let cost = meter.cost
        running.cancel()
        try await running.value
        guard try await store.perform({ try $0.counts()[.waiting].entries }) == 0 else { throw BenchFailure("the outbox counts otherwise") }
        return cost
    }

    private static func wait(for count: Int, among updates: AsyncStream<DeliveryUpdate>) async throws {
        var left = count
        for await update in updates {
            switch update {
            case .delivered: left -= 1
            case .status: continue
            case .rejected, .quarantined, .postponed: throw BenchFailure("a packet wasn't delivered: \(update)")
            }
            if left == 0 { return }
        }
        throw BenchFailure("the delivery ended with \(left) packets left")
    }
}
