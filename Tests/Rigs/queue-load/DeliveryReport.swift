import ArgumentParser
import Foundation
import KioskQueue
import KioskRuntime
import Outbox
import ServiceLifecycle

/// Says what the platform decided, and, when told to, ends once nothing is left to deliver.
struct DeliveryReport: Service {
    let delivery: DeliveryService
    let store: OutboxStore
    let endsWhenDrained: Bool

    func run() async throws {
        // Before the first look at the store: whatever is delivered after it will be heard of.
        let updates = await delivery.updates()
        try await cancelWhenGracefulShutdown {
            if try await isDone() { return }
            for await update in updates {
                switch update {
                case .delivered(let id, _): say("delivered \(id.uuidString.lowercased())")
                case .rejected(let id, _, _): say("rejected \(id.uuidString.lowercased())")
                case .quarantined(let id, _, _): say("quarantined \(id.uuidString.lowercased())")
                case .status, .postponed: continue
                }
                if try await isDone() { return }
            }
        }
    }

    /// Whether nothing will be delivered any more, however long one waits.
    private func isDone() async throws -> Bool {
        guard endsWhenDrained else { return false }
        return try await store.nextDueDate(among: DeliveryLane()) == nil
    }

    /// The last line. Throws an exit code when something waits for what the platform has refused, or the drain was cut short.
    func conclude() async throws {
        let counts = try await store.perform { try $0.counts() }
        say(
            "drained waiting=\(counts[.waiting].entries) delivered=\(counts[.delivered].entries + counts[.archived].entries) rejected=\(counts[.rejected].entries + counts[.quarantined].entries)"
        )
        if counts[.waiting].entries > 0 { throw ExitCode(1) }
    }
}
