import Foundation
import KioskModel
import LocalAPI

/// Fixed reports: what the golden outputs are made from.
enum Samples {
    static let date = Date(timeIntervalSince1970: 1_800_000_000)
    static let application = UUID(uuidString: "0197A3C0-0000-7000-8000-000000000001") ?? UUID()
    static let material = UUID(uuidString: "0197A3C0-0000-7000-8000-000000000002") ?? UUID()

    static let reader = DeviceReport(
        name: "身份证阅读器", deviceClass: .idCardReader, state: .ready, identity: ["sam": "05.01-20260101-1-1-1"], pid: 4242,
        uses: 1204, failures: 3, meanMilliseconds: 4180)
    static let printer = DeviceReport(
        name: "printer", deviceClass: .printer, state: .needsTechnician,
        fault: DeviceFault(code: "printer.media-empty", action: .refill, detail: "the printer reports media-empty"),
        conditions: [DeviceCondition(.tonerLow)],
        pid: 4243, restarts: 2,
        lastExit: "signal 9", uses: 310, failures: 12, meanMilliseconds: 9050,
        ticket: DeviceTicket(
            id: UUID(uuidString: "0197A3C0-0000-7000-8000-000000000003") ?? UUID(), device: "printer",
            fault: DeviceFault(code: "printer.media-empty", action: .refill, detail: "the printer reports media-empty"), firstSeen: date - 600,
            tried: []))

    /// A job that nobody knows to have been printed, and one whose paper was taken.
    static let log = [
        DeviceLogEntry(
            id: UUID(uuidString: "0197A3C0-0000-7000-8000-000000000005") ?? UUID(), device: "printer", kind: .printing, orderedAt: date + 60,
            reference: "WH-2027-0002", outcome: "unknown"),
        DeviceLogEntry(
            id: UUID(uuidString: "0197A3C0-0000-7000-8000-000000000004") ?? UUID(), device: "printer", kind: .printing, orderedAt: date,
            endedAt: date + 9, reference: "WH-2027-0001", accepted: true, sheets: 2, taken: true, outcome: "done"),
    ]
    /// A name that tries to clear the technician's screen.
    static let hostile = DeviceReport(name: "scan\u{1B}[2Jner", deviceClass: .scanner, state: .starting)

    static let roomy = QueueLimitsReport(
        quota: 4 << 30, reserve: 512 << 20, free: 20 << 30, room: (4 << 30) - 123_456, needed: 210_842_880, hasRoom: true, offlineSeconds: 11_530,
        freezeAfterSeconds: 259_200, frozen: [])
    /// Too little of the disk is left, and nobody has heard of the platform for days.
    static let spent = QueueLimitsReport(
        quota: nil, reserve: 512 << 20, free: 612 << 20, room: 100 << 20, needed: 210_842_880, hasRoom: false, offlineSeconds: 288_180,
        freezeAfterSeconds: 259_200, frozen: ["upload"])

    static let kiosk = KioskReport(
        kiosk: "kiosk-999999-01", version: "0.1.0", startedAt: date, platformReachable: false, platformLastContact: date + 60,
        power: .battery, devices: [reader, printer],
        queue: QueueReport(waiting: 2, delivered: 1, bytes: 123_456, limits: roomy))

    static let waiting = item(
        application, 7, "application", .waiting, dependsOn: nil, attempts: 3,
        error: "unreachable (tcp.refused): connection refused")
    static let rejected = item(
        material, 8, "material", .rejected, dependsOn: application, attempts: 1,
        error: "rejected (http.422): the seal doesn't open")

    static let statistics = QueueStatistics(
        shares: zip(QueueItemReport.State.allCases, [2, 0, 1, 1, 1, 0]).map { .init(state: $0, items: $1, bytes: 61_728 * $1) }, failing: 1,
        oldestWaiting: date, nextAttemptAt: date + 90, lastDeliveredAt: date - 60, limits: spent)

    static let verification = QueueVerificationReport(
        total: 4, items: 4, bytes: 246_912, orphans: 1, quarantined: [material], damaged: [], unreadable: [], databaseFaults: [], endedAt: date + 1)

    static let session = SessionReport(session: "s-1", revision: 12, screen: "scan", language: .simplifiedChinese, startedAt: date)

    private static func item(
        _ id: UUID, _ sequence: UInt64, _ kind: String, _ state: QueueItemReport.State, dependsOn: UUID?, attempts: Int, error: String
    ) -> QueueItemReport {
        QueueItemReport(
            id: id, sequence: sequence, kind: kind, state: state, reference: "WH-2027-0001", byteCount: 61_728,
            digest: String(repeating: "ab", count: 32), dependsOn: dependsOn, createdAt: date, attempts: attempts,
            nextAttemptAt: state == .waiting ? date + 90 : nil, lastError: error, deliveredAt: nil)
    }
}
