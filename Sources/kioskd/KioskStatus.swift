import DeviceLink
import DeviceStore
import Foundation
import KioskFlow
import KioskModel
import KioskQueue
import KioskRuntime
import LocalAPI
import Outbox
import OutboxReports

/// Gathers what the control server tells.
struct KioskStatus: ControlSource {
    static let version = "0.1.0"

    let kiosk: String
    let engine: SessionEngine
    let supervisor: DeviceSupervisor
    let delivery: DeliveryService
    let store: OutboxStore
    let verifier: OutboxVerifier
    let watch: QueueWatch
    let limits: KioskConfiguration.Queue
    /// bytes that the largest submission takes
    let needed: Int
    let records: DeviceMemory
    let startedAt: Date

    func status() async throws -> KioskReport {
        // A database that can't be read is no reason to be silent on all the rest.
        let counts = try? await store.perform { try $0.counts() }
        let link = await delivery.status
        var queue = QueueReport(
            counts ?? OutboxCounts(), trouble: verifier.knowledge.trouble ?? (counts == nil ? "the database can't be read" : nil))
        queue.limits = await queueLimits()
        return KioskReport(
            kiosk: kiosk, version: Self.version, startedAt: startedAt, platformReachable: link.platformReachable,
            platformLastContact: link.lastContact, power: await engine.power, devices: await supervisor.reports,
            queue: queue, recordsTrouble: records.trouble)
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

    func queue(state: QueueItemReport.State?, after: UInt64?) async throws -> [QueueItemReport] {
        try await told { try $0.entries(state: state.map(OutboxEntry.State.init), after: after) }.map(QueueItemReport.init)
    }

    func queueItem(_ id: UUID) async throws -> QueueItemReport? {
        try await told { try $0.entry(id: id) }.map(QueueItemReport.init)
    }

    func holdQueueItem(_ id: UUID) async throws {
        try await told { try $0.hold(id: id) }
    }

    func retryQueueItem(_ id: UUID) async throws {
        try await told { try $0.retry(id: id) }
        await delivery.notifyCommitted()
    }

    /// What the outbox answers, or why it doesn't.
    private func told<Value: Sendable>(_ work: @escaping @Sendable (Outbox) throws -> Value) async throws -> Value {
        do {
            return try await store.perform(work)
        } catch let error as OutboxError {
            throw LocalProblem(error)
        }
    }

    func quarantineQueueItem(_ id: UUID) async throws {
        try await told { try $0.quarantine(id: id, error: OutboxEntry.setAsideByTechnician) }
    }

    func queuePacket(_ id: UUID) async throws -> URL {
        try await told { outbox in
            guard let file = try outbox.entry(id: id).map(outbox.fileURL), FileManager.default.fileExists(atPath: file.path) else {
                throw LocalProblem.noFile
            }
            return file
        }
    }

    func queueStatistics() async throws -> QueueStatistics {
        var statistics = try await told { try QueueStatistics($0) }
        statistics.limits = await queueLimits()
        return statistics
    }

    private func queueLimits() async -> QueueLimitsReport {
        let now = await watch.look()
        return QueueLimitsReport(
            quota: limits.quota, reserve: limits.reserve, free: now.room?.free, room: now.room?.left, needed: needed, hasRoom: now.hasRoom,
            offlineSeconds: now.offline, freezeAfterSeconds: limits.freeze?.after,
            frozen: now.isFrozen ? (limits.freeze?.journeys ?? []).map(\.rawValue).sorted() : [])
    }

    func verifyQueue() async throws -> QueueVerificationReport {
        await verifier.request()
        return try queueVerification()
    }

    func queueVerification() throws -> QueueVerificationReport {
        let known = verifier.knowledge
        if let underWay = known.underWay { return QueueVerificationReport(underWay, endedAt: nil) }
        if let failure = known.failure { throw LocalProblem(status: 502, code: "queue.unverified", detail: failure) }
        guard let last = known.last else { throw LocalProblem(status: 404, code: "queue.unverified", detail: "The queue wasn't verified yet.") }
        return QueueVerificationReport(last, endedAt: known.endedAt)
    }

    func session() async -> SessionReport {
        await engine.report
    }
}

extension OutboxVerifier.Knowledge {
    /// In words; nil when there is none but what the states of the items tell.
    var trouble: String? {
        var parts = failure.map { ["it couldn't be verified (\($0))"] } ?? []
        if let fault = last?.databaseFaults.first { parts.append("the database is damaged (\(fault))") }
        if let last, !last.unreadable.isEmpty { parts.append("the disk doesn't hand out \(last.unreadable.count) sealed files") }
        if let last, !last.damaged.isEmpty { parts.append("\(last.damaged.count) sealed files that were kept are damaged") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
