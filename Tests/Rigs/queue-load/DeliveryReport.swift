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
                case .status, .postponed: continue
                }
                if try await isDone() { return }
            }
        }
    }

    /// Whether nothing will be delivered any more, however long one waits.
    private func isDone() async throws -> Bool {
        guard endsWhenDrained else { return false }
        return try await store.nextDueDate() == nil
    }

    /// The last line. Throws an exit code when something waits for what the platform has refused, or the drain was cut short.
    func conclude() async throws {
        let (counts, rejected) = try await store.perform { (try $0.counts(), try $0.entries(state: .rejected, limit: .max).count) }
        say("drained waiting=\(counts.waiting) delivered=\(counts.delivered) rejected=\(rejected)")
        if counts.waiting > 0 { throw ExitCode(1) }
    }
}
