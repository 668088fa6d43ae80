import Foundation
import LocalAPI
import Logging
import Outbox
import Testing

/// The built kioskctl on the outbox of a kiosk that isn't running.
@Suite struct StoppedQueueTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("stopped-\(UUID().uuidString)")
    private let entries: [OutboxEntry]

    init() throws {
        let outbox = try Self.open(directory)
        let drafts = (0..<3).map { OutboxDraft(id: UUID(), kind: "application", reference: "TEST-000\($0)") }
        entries = try outbox.commit(drafts, at: Samples.date) { _, sequence, sink in try sink(Data("packet \(sequence)".utf8)) }
    }

    private static func open(_ directory: URL) throws -> Outbox {
        try Outbox(directory: directory, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func kioskctl(_ verb: [String], in directory: URL? = nil) async throws -> KioskctlTests.Run {
        try await KioskctlTests.kioskctl(["queue"] + verb + ["--data", (directory ?? self.directory).path])
    }

    private func json<Answer: Decodable>(_ verb: [String], _ type: Answer.Type, status: Int32 = 0) async throws -> Answer {
        let run = try await kioskctl(verb + ["--format", "json"])
        #expect(run.status == status && run.error == "", "\(run)")
        return try LocalJSON.decoder().decode(type, from: Data(run.output.utf8))
    }

    @Test func everyVerbWorksWithoutKioskd() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(try await json(["list"], [QueueItemReport].self).map(\.id) == entries.map(\.id))
        #expect(try await json(["hold", entries[0].id.uuidString], QueueItemReport.self).state == .held)
        #expect(try await json(["list", "--state", "held"], [QueueItemReport].self).map(\.id) == [entries[0].id])
        #expect(try await json(["retry", entries[0].id.uuidString], QueueItemReport.self).state == .waiting)
        #expect(try await json(["quarantine", entries[1].id.uuidString], QueueItemReport.self, status: 1).state == .quarantined)
        #expect(try await json(["show", entries[1].id.uuidString], QueueItemReport.self, status: 1).lastError == OutboxEntry.setAsideByTechnician)
        let statistics = try await json(["stats"], QueueStatistics.self, status: 1)
        #expect(statistics.shares.first { $0.state == .waiting } == .init(state: .waiting, items: 2, bytes: 16))
        #expect(statistics.oldestWaiting == Samples.date && statistics.failing == 0)
        #expect(try await json(["verify"], QueueVerificationReport.self).items == 3)

        try Data("packet X".utf8).write(to: directory.appendingPathComponent("payloads/\(entries[2].id.uuidString.lowercased()).sealed"))
        let found = try await json(["verify"], QueueVerificationReport.self, status: 1)
        #expect(found.quarantined == [entries[2].id] && found.endedAt != nil)
        // The kiosk goes on from there.
        #expect(try Self.open(directory).due(at: Samples.date, limit: 10).map(\.id) == [entries[0].id])
    }

    @Test func whatCannotBeDoneIsToldApart() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let unknown = try await kioskctl(["show", UUID().uuidString])
        #expect(unknown.status == 4 && unknown.error.hasSuffix("(queue.unknown)\n"))
        let refused = try await kioskctl(["hold", entries[0].id.uuidString])
        #expect(refused.status == 0)
        let again = try await kioskctl(["hold", entries[0].id.uuidString])
        #expect(again.status == 4 && again.error.hasSuffix("(queue.wrong-state)\n"))

        let elsewhere = directory.appendingPathComponent("elsewhere")
        let none = try await kioskctl(["list"], in: elsewhere)
        #expect(none.status == 4 && none.error.hasSuffix("(outbox.none)\n"))
        #expect(!FileManager.default.fileExists(atPath: elsewhere.path), "a mistyped directory stays empty")

        let running = try Self.open(directory)
        let locked = try await kioskctl(["list"])
        #expect(locked.status == 75 && locked.error.hasSuffix("(outbox.locked)\n"))
        withExtendedLifetime(running) {}
    }
}
