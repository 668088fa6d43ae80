import Foundation
import Outbox
import Testing

@Suite struct OutboxDeliveryTests {
    let scratch: Scratch
    let outbox: Outbox
    let application = OutboxDraft.application()
    let material: OutboxDraft
    let other = OutboxDraft.application()

    init() throws {
        scratch = try Scratch()
        outbox = try scratch.open()
        material = .material(of: application)
        _ = try outbox.commit([application, material, other], at: start, seal: bytes)
    }

    func due(_ seconds: TimeInterval = 0) throws -> [UUID] { try outbox.due(at: start + seconds, limit: 10).map(\.id) }

    @Test func aMaterialWaitsForItsApplication() throws {
        #expect(try due() == [application.id, other.id])
        try outbox.markDelivered(id: application.id, acknowledgement: Data("signed".utf8), place: place, at: start)
        #expect(try due() == [other.id, material.id], "applications first")
        #expect(try outbox.due(at: start, limit: 1).map(\.id) == [other.id])
    }

    @Test func smallOnesGoBeforeLargeOnesAndBesideThem() throws {
        func sized(_ count: Int) -> (OutboxDraft, UInt64, (Data) throws -> Void) throws -> Void { { _, _, sink in try sink(Data(count: count)) } }
        try outbox.markDelivered(id: application.id, acknowledgement: Data("signed".utf8), place: place, at: start)
        let large = OutboxDraft.material(of: application)
        _ = try outbox.commit([large], at: start, seal: sized(Outbox.largeSize + 1))
        let small = OutboxDraft.material(of: application)
        _ = try outbox.commit([small], at: start, seal: sized(Outbox.largeSize))
        #expect(try due() == [other.id, material.id, small.id, large.id])
        #expect(try outbox.due(at: start, limit: 10, smallOnly: true).map(\.id) == [other.id, material.id, small.id])
        #expect(try outbox.due(at: start, limit: 2, except: [other.id, small.id]).map(\.id) == [material.id, large.id])
        #expect(try outbox.nextDueDate(smallOnly: true, except: [other.id, material.id, small.id]) == nil)
        try outbox.recordFailure(id: large.id, at: start, retryAt: start + 60, error: "unreachable")
        #expect(try outbox.nextDueDate(except: [other.id, material.id, small.id]) == start + 60)
    }

    @Test func whatDependsOnARejectedOneIsNeverDue() throws {
        try outbox.markRejected(id: application.id, error: "http.422: malformed", at: start)
        try outbox.markDelivered(id: other.id, acknowledgement: Data("signed".utf8), place: place, at: start)
        #expect(try due(1_000_000).isEmpty)
        #expect(try outbox.nextDueDate() == nil)
        let entry = try #require(try outbox.entry(id: application.id))
        #expect(entry.state == .rejected && entry.lastError == "http.422: malformed" && entry.attempts == 1)
        #expect(try outbox.entries(state: .rejected).map(\.id) == [application.id])
        #expect(try outbox.entries(state: .waiting).map(\.id) == [material.id])
    }

    @Test func aFailureIsCountedAndWaitedOut() throws {
        try outbox.recordFailure(id: application.id, at: start, retryAt: start + 60, error: "unreachable (tcp.refused)")
        #expect(try due() == [other.id])
        #expect(try due(59.9) == [other.id])
        // The one never tried goes first, so that one bad packet can't hold up the rest.
        #expect(try due(60) == [other.id, application.id])
        let entry = try #require(try outbox.entry(id: application.id))
        #expect(entry.attempts == 1 && entry.nextAttemptAt == start + 60 && entry.lastError == "unreachable (tcp.refused)")
        #expect(try outbox.nextDueDate() == start)
        try outbox.recordFailure(id: other.id, at: start, retryAt: start + 90, error: "unreachable")
        #expect(try outbox.nextDueDate() == start + 60)
        try outbox.clearDelays()
        #expect(try due() == [application.id, other.id])
    }

    @Test func aClockThatWasPutBackDoesNotStrandAPacket() throws {
        try outbox.recordFailure(id: application.id, at: start, retryAt: start + 60, error: "unreachable")
        #expect(try due(-86400).contains(application.id))
        // A date too far away is brought forward, so it can't be mistaken for a moved clock.
        try outbox.recordFailure(id: other.id, at: start, retryAt: start + 1_000_000, error: "http.503")
        #expect(try outbox.entry(id: other.id)?.nextAttemptAt == start + Outbox.longestDelay)
        #expect(try !due().contains(other.id))
    }

    @Test func theAcknowledgementIsKeptAndThePayloadToo() throws {
        let entry = try #require(try outbox.entry(id: application.id))
        try outbox.markDelivered(id: application.id, acknowledgement: Data("signed".utf8), place: place, at: start + 5)
        let delivered = try #require(try outbox.entry(id: application.id))
        #expect(delivered.state == .delivered && delivered.acknowledgement == Data("signed".utf8) && delivered.deliveredAt == start + 5)
        let counts = try outbox.counts()
        #expect(counts[.waiting].entries == 2 && counts[.delivered].entries == 1 && counts.bytes == 24)
        #expect(FileManager.default.fileExists(atPath: outbox.fileURL(for: entry).path))
    }

    @Test func onlyAWaitingEntryCanChange() throws {
        try outbox.markDelivered(id: application.id, acknowledgement: Data("signed".utf8), place: place, at: start)
        func code(_ body: () throws -> Void) -> OutboxError.Code? { #expect(throws: OutboxError.self, performing: body)?.code }
        #expect(code { try outbox.markDelivered(id: application.id, acknowledgement: Data("again".utf8), place: place, at: start) } == .wrongState)
        #expect(code { try outbox.markRejected(id: application.id, error: "late", at: start) } == .wrongState)
        #expect(code { try outbox.recordFailure(id: application.id, at: start, retryAt: start, error: "late") } == .wrongState)
        #expect(code { try outbox.recordFailure(id: UUID(), at: start, retryAt: start, error: "unknown") } == .wrongState)
        #expect(try outbox.entry(id: application.id)?.acknowledgement == Data("signed".utf8))
    }
}
