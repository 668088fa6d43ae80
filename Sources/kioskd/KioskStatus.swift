import Foundation
import KioskQueue
import KioskRuntime
import LocalAPI
import Outbox

/// Gathers what the control server tells.
struct KioskStatus: ControlSource {
    static let version = "0.1.0"

    let kiosk: String
    let engine: SessionEngine
    let supervisor: DeviceSupervisor
    let delivery: DeliveryService
    let store: OutboxStore
    let startedAt: Date

    func status() async throws -> KioskReport {
        let counts = try await store.perform { try $0.counts() }
        let link = await delivery.status
        return KioskReport(
            kiosk: kiosk, version: Self.version, startedAt: startedAt, platformReachable: link.platformReachable,
            platformLastContact: link.lastContact, devices: await supervisor.reports,
            queue: QueueReport(waiting: counts.waiting, delivered: counts.delivered, bytes: counts.bytes))
    }

    func devices() async -> [DeviceReport] {
        await supervisor.reports
    }

    func queue() async throws -> [QueueItemReport] {
        try await store.perform { try $0.entries() }.map(QueueItemReport.init)
    }

    func queueItem(_ id: UUID) async throws -> QueueItemReport? {
        try await store.perform { try $0.entry(id: id) }.map(QueueItemReport.init)
    }

    func session() async -> SessionReport {
        await engine.report
    }
}

extension QueueItemReport {
    init(_ entry: OutboxEntry) {
        self.init(
            id: entry.id, sequence: entry.sequence, kind: entry.kind, state: .init(entry.state), reference: entry.reference,
            byteCount: entry.byteCount, digest: entry.digest, dependsOn: entry.dependsOn, createdAt: entry.createdAt, attempts: entry.attempts,
            nextAttemptAt: entry.nextAttemptAt, lastError: entry.lastError, deliveredAt: entry.deliveredAt)
    }
}

extension QueueItemReport.State {
    init(_ state: OutboxEntry.State) {
        switch state {
        case .waiting: self = .waiting
        case .delivered: self = .delivered
        case .rejected: self = .rejected
        }
    }
}
