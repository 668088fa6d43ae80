import DeviceLink
import DeviceStore
import Foundation
import KioskModel
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
    let records: DeviceMemory
    let startedAt: Date

    func status() async throws -> KioskReport {
        let counts = try await store.perform { try $0.counts() }
        let link = await delivery.status
        return KioskReport(
            kiosk: kiosk, version: Self.version, startedAt: startedAt, platformReachable: link.platformReachable,
            platformLastContact: link.lastContact, power: await engine.power, devices: await supervisor.reports,
            queue: QueueReport(waiting: counts.waiting, delivered: counts.delivered, bytes: counts.bytes), recordsTrouble: records.trouble)
    }

    func devices() async -> [DeviceReport] {
        await supervisor.reports
    }

    func deviceLog(_ name: String, limit: Int) async throws -> [DeviceLogEntry] {
        do {
            return try await records.log(of: name, limit: limit)
        } catch {
            throw LocalProblem(status: 503, code: "device.records", detail: "The devices' records can't be read; `kioskctl status` says why.")
        }
    }

    func resetDevice(_ name: String) async throws {
        _ = try Self.succeeded(await supervisor.reset(name))
    }

    /// Time for a driver to close and open its device, or to make a long recording anonymous.
    private static let recordingDeadline = Duration.seconds(20)

    func beginRecording(_ name: String) async throws {
        _ = try Self.succeeded(await supervisor.perform(.beginRecording, on: name, deadline: Self.recordingDeadline))
    }

    func endRecording(_ name: String) async throws -> DeviceRecording {
        let outcome = try Self.succeeded(await supervisor.perform(.endRecording, on: name, deadline: Self.recordingDeadline))
        guard let file = outcome.files.first else { throw LocalProblem(status: 502, code: "link.internal", detail: "There is no recording.") }
        return DeviceRecording(device: name, text: String(decoding: try file.withBytes { Array($0) }, as: UTF8.self))
    }

    private static func succeeded(_ outcome: DeviceOutcome) throws -> DeviceOutcome {
        switch outcome.completion {
        case .success: return outcome
        case .fault(let fault): throw LocalProblem(status: 502, code: fault.code, detail: fault.detail)
        case .remedy(let remedy): throw LocalProblem(status: 502, code: "remedy.\(remedy.rawValue)", detail: "The device asks for a hand first.")
        case .cancelled: throw LocalProblem(status: 502, code: "link.cancelled", detail: "The command was cancelled.")
        }
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
