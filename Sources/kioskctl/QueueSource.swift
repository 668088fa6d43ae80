import Foundation
import LocalAPI
import Logging
import Outbox
import OutboxReports

/// The queue of a kiosk, running or stopped. Everything here throws `LocalClientError`.
protocol QueueSource {
    /// The newest, or those behind the number `after`.
    func items(_ state: QueueItemReport.State?, after: UInt64?) async throws -> [QueueItemReport]
    func item(_ id: UUID) async throws -> QueueItemReport
    func hold(_ id: UUID) async throws -> QueueItemReport
    func retry(_ id: UUID) async throws -> QueueItemReport
    func quarantine(_ id: UUID) async throws -> QueueItemReport
    /// Hands out an item's sealed file in pieces; throws what `take` throws, too.
    func packet(_ id: UUID, _ take: (Data) throws -> Void) async throws
    func statistics() async throws -> QueueStatistics
    /// - Parameter progress: called now and then with what was found so far
    func verify(_ progress: (QueueVerificationReport) -> Void) async throws -> QueueVerificationReport
}

/// kioskd's queue, which it is asked for.
struct RunningQueue: QueueSource {
    let client: LocalClient

    func items(_ state: QueueItemReport.State?, after: UInt64?) async throws -> [QueueItemReport] {
        try await client.queue(state: state, after: after)
    }

    func item(_ id: UUID) async throws -> QueueItemReport { try await client.queueItem(id) }
    func hold(_ id: UUID) async throws -> QueueItemReport { try await client.holdQueueItem(id) }
    func retry(_ id: UUID) async throws -> QueueItemReport { try await client.retryQueueItem(id) }
    func quarantine(_ id: UUID) async throws -> QueueItemReport { try await client.quarantineQueueItem(id) }
    func packet(_ id: UUID, _ take: (Data) throws -> Void) async throws { try await client.queuePacket(id, take) }
    func statistics() async throws -> QueueStatistics { try await client.queueStatistics() }

    /// kioskd goes on with it when this is broken off.
    func verify(_ progress: (QueueVerificationReport) -> Void) async throws -> QueueVerificationReport {
        var report = try await client.verifyQueue()
        while report.endedAt == nil {
            progress(report)
            try await Task.sleep(for: .milliseconds(500))
            report = try await client.queueVerification()
        }
        return report
    }
}

/// The queue on the disk of a kiosk whose kioskd is stopped.
struct StoppedQueue: QueueSource {
    private let outbox: Outbox

    /// Unlike kioskd makes nothing: a mistyped directory stays empty.
    init(directory: String) throws {
        let url = try Self.place(directory, having: "outbox.sqlite")
        outbox = try Self.translating { try Outbox(directory: url, logger: Self.silent) }
    }

    /// What it would log stands in the answers.
    private static let silent = Logger(label: "outbox", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func place(_ directory: String, having name: String) throws -> URL {
        let url = URL(fileURLWithPath: directory)
        guard FileManager.default.fileExists(atPath: url.appending(path: name).path) else {
            throw LocalClientError.problem(
                LocalProblem(status: 404, code: "outbox.none", detail: "There is no outbox in \(directory), or this user may not look into it."))
        }
        return url
    }

    /// Verifies, and makes a database anew that is damaged or lost.
    /// - Parameter progress: called now and then with what was found so far
    static func repair(
        _ directory: String, packets: PacketInspector, _ progress: (QueueVerificationReport) -> Void
    ) throws -> QueueVerificationReport {
        let url = try place(directory, having: "payloads")
        func verified(_ repair: OutboxRepair?) throws -> QueueVerificationReport {
            let found = try Outbox(directory: url, logger: silent).verify { found in
                progress(QueueVerificationReport(found, endedAt: nil))
                return true
            }
            return QueueVerificationReport(found, endedAt: Date(), repair: repair)
        }
        return try translating {
            // Opening one that isn't there would make it.
            if FileManager.default.fileExists(atPath: url.appending(path: "outbox.sqlite").path) {
                do {
                    let report = try verified(nil)
                    if report.databaseFaults.isEmpty { return report }
                } catch let error as OutboxError where error.code == .corrupt || error.code == .io {}
            }
            return try verified(try Outbox.repair(directory: url, logger: silent, describe: packets.label))
        }
    }

    func items(_ state: QueueItemReport.State?, after: UInt64?) throws -> [QueueItemReport] {
        try Self.translating { try outbox.entries(state: state.map(OutboxEntry.State.init), after: after).map(QueueItemReport.init) }
    }

    func item(_ id: UUID) throws -> QueueItemReport {
        guard let entry = try Self.translating({ try outbox.entry(id: id) }) else {
            throw LocalClientError.problem(LocalProblem(status: 404, code: "queue.unknown", detail: "The queue holds no such item."))
        }
        return QueueItemReport(entry)
    }

    func hold(_ id: UUID) throws -> QueueItemReport { try change(id) { try outbox.hold(id: id) } }
    func retry(_ id: UUID) throws -> QueueItemReport { try change(id) { try outbox.retry(id: id) } }

    func quarantine(_ id: UUID) throws -> QueueItemReport {
        try change(id) { try outbox.quarantine(id: id, error: OutboxEntry.setAsideByTechnician) }
    }

    private func change(_ id: UUID, _ work: () throws -> Void) throws -> QueueItemReport {
        _ = try item(id)
        try Self.translating(work)
        return try item(id)
    }

    func packet(_ id: UUID, _ take: (Data) throws -> Void) throws {
        guard let entry = try Self.translating({ try outbox.entry(id: id) }), let file = try? FileHandle(forReadingFrom: outbox.fileURL(for: entry))
        else { throw LocalClientError.problem(.noFile) }
        while true {
            let piece: Data?
            do { piece = try file.read(upToCount: 1 << 20) } catch { throw LocalClientError.broken("the disk doesn't hand out the sealed file") }
            guard let piece, !piece.isEmpty else { return }
            try take(piece)
        }
    }

    func statistics() throws -> QueueStatistics { try Self.translating { try QueueStatistics(outbox) } }

    func verify(_ progress: (QueueVerificationReport) -> Void) throws -> QueueVerificationReport {
        let found = try Self.translating {
            try outbox.verify { found in
                progress(QueueVerificationReport(found, endedAt: nil))
                return true
            }
        }
        return QueueVerificationReport(found, endedAt: Date())
    }

    private static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as OutboxError {
            throw LocalClientError.problem(LocalProblem(error))
        }
    }
}
