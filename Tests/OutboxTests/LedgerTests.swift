import Foundation
import Testing

@testable import Outbox

/// What a kiosk keeps of what was delivered, for how long, and what it does when the platform has lost it.
@Suite struct LedgerTests {
    let scratch: Scratch
    let outbox: Outbox
    let application = OutboxDraft.application()
    let entries: [OutboxEntry]

    /// An application and its material, and another; all delivered in the term "first" under the numbers 1 to 3.
    init() throws {
        scratch = try Scratch()
        outbox = try scratch.open()
        entries = try outbox.commit([application, .material(of: application), .application()], at: start, seal: bytes)
        for (index, entry) in entries.enumerated() {
            try outbox.markDelivered(
                id: entry.id, acknowledgement: Data("signed \(index)".utf8), place: LedgerPlace(term: "first", number: UInt64(index) + 1), at: start)
        }
    }

    private func states() throws -> [OutboxEntry.State] { try outbox.entries().map(\.state) }

    private func isThere(_ entry: OutboxEntry) -> Bool { FileManager.default.fileExists(atPath: scratch.file(entry.id).path) }

    @Test func aRestartOfThePlatformChangesNothing() throws {
        #expect(try outbox.platformTerm() == nil)
        #expect(try outbox.ledgerTerms() == ["first"])
        #expect(try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 3]) == OutboxReconciliation())
        #expect(try outbox.platformTerm() == "second")
        #expect(try states() == [.delivered, .delivered, .delivered])
    }

    @Test func whatCameBehindTheBackupIsSentAgain() throws {
        #expect(try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 1]).returned == 2)
        #expect(try states() == [.delivered, .waiting, .waiting])
        let due = try outbox.due(at: start, limit: 9)
        #expect(due.map(\.id) == [entries[2].id, entries[1].id])
        #expect(due.allSatisfy { $0.acknowledgement != nil && $0.place == nil && $0.attempts == 0 && $0.deliveredAt == nil })
        #expect(due[0].lastError?.hasPrefix("outbox.lost-by-platform") == true)
        #expect(try outbox.verify().isClean)
    }

    @Test func aPlatformThatKnowsNothingIsSentEverythingTheApplicationFirst() throws {
        #expect(try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: [:]).returned == 3)
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [entries[0].id, entries[2].id])
        try outbox.markDelivered(id: entries[0].id, acknowledgement: Data("again".utf8), place: LedgerPlace(term: "second", number: 1), at: start)
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [entries[2].id, entries[1].id])
    }

    @Test func aBackupErasesWhatIsInIt() throws {
        _ = try outbox.reconcile(term: "first", asked: try outbox.ledgerTerms(), extents: ["first": 3])
        #expect(try outbox.keeps(through: 2) && !outbox.keeps(through: 0))
        #expect(try outbox.archive(through: 2, term: "first") == 2)
        #expect(try outbox.archive(through: 2, term: "first") == 0)
        #expect(try states() == [.archived, .archived, .delivered])
        #expect(entries.map(isThere) == [false, false, true])
        let archived = try #require(try outbox.entry(id: entries[0].id))
        #expect(archived.acknowledgement == Data("signed 0".utf8) && archived.place == LedgerPlace(term: "first", number: 1))
        #expect(try outbox.counts()[.archived].entries == 2 && outbox.counts().bytes == entries[2].byteCount)
        #expect(try outbox.verify().isClean)
        // What depends on it may be delivered.
        let material = OutboxDraft.material(of: application)
        _ = try outbox.commit([material], at: start, seal: bytes)
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [material.id])
    }

    @Test func nothingIsErasedAtTheWordOfAnotherTerm() throws {
        #expect(try outbox.archive(through: 3, term: "first") == 0, "it was never compared")
        _ = try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 3])
        #expect(try outbox.archive(through: 3, term: "first") == 0)
        #expect(try states() == [.delivered, .delivered, .delivered])
    }

    /// The answer was on its way while the platform was restored: its number means nothing there.
    @Test func anAcknowledgementOfAFormerTermIsComparedBeforeAnythingIsErased() throws {
        _ = try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 3])
        let late = try outbox.commit([.application()], at: start, seal: bytes)[0]
        try outbox.markDelivered(id: late.id, acknowledgement: Data("late".utf8), place: LedgerPlace(term: "first", number: 4), at: start)
        #expect(try outbox.platformTerm() == nil)
        #expect(try outbox.archive(through: 9, term: "second") == 0)
        #expect(try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 3, "second": 3]).returned == 1)
        #expect(try outbox.archive(through: 9, term: "second") == 3)
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [late.id])
    }

    /// Packets are delivered while the platform is asked: an answer of before says nothing of them.
    @Test func whatWasDeliveredSinceThePlatformWasAskedStays() throws {
        let asked = try outbox.ledgerTerms()
        let late = try outbox.commit([.application(), .application()], at: start, seal: bytes)
        try outbox.markDelivered(id: late[0].id, acknowledgement: Data("own".utf8), place: LedgerPlace(term: "second", number: 9), at: start)
        #expect(try outbox.reconcile(term: "second", asked: asked, extents: ["first": 3]).returned == 0)
        #expect(try outbox.platformTerm() == "second")
        try outbox.markDelivered(id: late[1].id, acknowledgement: Data("late".utf8), place: LedgerPlace(term: "another", number: 4), at: start)
        #expect(try outbox.reconcile(term: "second", asked: asked, extents: ["first": 3]).returned == 0)
        #expect(try outbox.platformTerm() == nil, "it is to be asked again")
        #expect(try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 3, "second": 9]).returned == 1)
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [late[1].id])
    }

    /// The platform would ask for its application for ever.
    @Test func whatDependsOnSomethingLostForGoodIsSetAside() throws {
        _ = try outbox.reconcile(term: "first", asked: try outbox.ledgerTerms(), extents: ["first": 3])
        _ = try outbox.archive(through: 1, term: "first")
        let found = try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: [:])
        #expect(found.lost == [entries[0].id] && found.returned == 2)
        #expect(try states() == [.archived, .quarantined, .waiting])
        #expect(try outbox.due(at: start, limit: 9).map(\.id) == [entries[2].id])
    }

    /// A file that somebody put back under a name that is nearly an entry's is none of it.
    @Test func aNameInCapitalsIsNoEntrys() throws {
        let entry = entries[0]
        let capitals = scratch.payloads.appendingPathComponent(entry.id.uuidString.uppercased() + ".sealed")
        try FileManager.default.copyItem(at: scratch.file(entry.id), to: capitals)
        #expect(try outbox.verify().isClean)
        #expect(isThere(entry) && !FileManager.default.fileExists(atPath: capitals.path))
    }

    @Test func whatABackupShouldHaveHadIsSaidOnce() throws {
        _ = try outbox.reconcile(term: "first", asked: try outbox.ledgerTerms(), extents: ["first": 3])
        _ = try outbox.archive(through: 3, term: "first")
        let found = try outbox.reconcile(term: "second", asked: try outbox.ledgerTerms(), extents: ["first": 1])
        #expect(found.returned == 0 && Set(found.lost) == Set(entries[1...].map(\.id)))
        #expect(try outbox.entry(id: entries[1].id)?.lastError?.hasPrefix("outbox.lost-behind-backup") == true)
        #expect(try outbox.reconcile(term: "third", asked: try outbox.ledgerTerms(), extents: ["first": 1]) == OutboxReconciliation())
    }

    /// The process died between the row and the file.
    @Test func aPayloadThatWasToBeErasedIsErasedByTheVerification() throws {
        let payload = try Data(contentsOf: scratch.file(entries[0].id))
        _ = try outbox.reconcile(term: "first", asked: try outbox.ledgerTerms(), extents: ["first": 3])
        _ = try outbox.archive(through: 1, term: "first")
        try payload.write(to: scratch.file(entries[0].id))
        let found = try outbox.verify()
        #expect(found.orphans == 1 && found.isClean)
        #expect(!isThere(entries[0]) && isThere(entries[1]))
        #expect(try scratch.files("orphans").isEmpty)
    }
}
