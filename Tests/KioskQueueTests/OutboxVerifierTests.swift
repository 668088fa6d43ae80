import Bench
import Foundation
import GRDB
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import Testing

@Suite struct OutboxVerifierTests {
    private let directory: URL
    private let outbox: Outbox
    private let store: OutboxStore
    private let verifier: OutboxVerifier

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("verifier-\(UUID().uuidString)")
        let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        outbox = try Outbox(directory: directory, logger: quiet)
        store = OutboxStore(outbox)
        verifier = OutboxVerifier(store: store, logger: quiet)
    }

    private func running(_ body: () async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let task = Task { try await verifier.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            throw error
        }
        task.cancel()
        try await task.value
    }

    private func ended(_ fits: (OutboxVerifier.Knowledge) -> Bool = { _ in true }) async throws -> OutboxVerifier.Knowledge {
        try await Poll.until("the end of a verification") {
            let known = verifier.knowledge
            return known.underWay == nil && (known.last != nil || known.failure != nil) && fits(known) ? .there(known) : .notYet("\(known)")
        }
    }

    private func commit() throws -> OutboxEntry {
        let draft = OutboxDraft(id: UUID(), kind: "application", reference: "TEST-0001")
        return try #require(try outbox.commit([draft], at: Date()) { _, _, sink in try sink(Data("sealed".utf8)) }.first)
    }

    @Test func itLooksAtTheStartAndWhenItIsAsked() async throws {
        try await running {
            #expect(try await ended().last?.entries == 0)
            let entry = try commit()
            try Data("saeled".utf8).write(to: outbox.fileURL(for: entry))
            await verifier.request()
            // Whoever asked sees the old findings no more.
            let found = try await ended { $0.last?.entries == 1 }
            #expect(found.last?.quarantined == [entry.id] && found.failure == nil && found.endedAt != nil)
            #expect(try outbox.entry(id: entry.id)?.state == .quarantined)
        }
    }

    @Test func aRequestStandsUntilItHasEnded() async throws {
        try await running {
            _ = try await ended()
            _ = try commit()
            await verifier.request()
            while verifier.knowledge.underWay != nil { await Task.yield() }
            #expect(verifier.knowledge.last?.entries == 1)
        }
    }

    /// A payload that can't be read is no reason to stop, nor to set it aside.
    @Test func aPayloadThatCannotBeReadIsTold() async throws {
        try await running {
            _ = try await ended()
            let entry = try commit()
            let file = outbox.fileURL(for: entry)
            // Reading a directory is what not even root can.
            try FileManager.default.removeItem(at: file)
            try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
            await verifier.request()
            let found = try await ended { $0.last?.entries == 1 }
            #expect(found.last?.unreadable == [entry.id])
            #expect(try outbox.entry(id: entry.id)?.state == .waiting)
        }
    }

    /// What is lost at noon isn't found the next day only.
    @Test func damageThatACommitMeetsIsLookedAtAtOnce() async throws {
        try await running {
            #expect(try await ended().last?.isClean == true)
            let database = try DatabaseQueue(path: directory.appendingPathComponent("outbox.sqlite").path)
            try await database.write { try $0.execute(sql: "DELETE FROM counter") }
            let draft = PacketDraft(id: UUID(), kind: .application, reference: "TEST-0001", dependsOn: nil)
            let error = await #expect(throws: OutboxError.self) {
                try await store.commit([draft], at: Date(), closing: { _ in Data() }) { _, _, sink in try sink(Data("sealed".utf8)) }
            }
            #expect(error?.code == .corrupt)
            _ = try await ended { $0.last?.isClean == false }
            // Somebody mends it, and the next look lets commits in again.
            try await database.write { try $0.execute(sql: "INSERT INTO counter VALUES (1, 1000)") }
            await verifier.request()
            _ = try await ended { $0.last?.isClean == true }
            try await store.commit([draft], at: Date(), closing: { _ in Data() }) { _, _, sink in try sink(Data("sealed".utf8)) }
        }
    }

    @Test func itEndsWhenItIsCancelled() async throws {
        for _ in 0..<50 { _ = try commit() }
        try await running {
            try await Poll.until("a verification") {
                verifier.knowledge.underWay != nil || verifier.knowledge.last != nil ? .there(()) : .notYet("none")
            }
        }
    }
}
