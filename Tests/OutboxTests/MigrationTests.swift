import Foundation
import GRDB
import Testing

@testable import Outbox

@Suite struct MigrationTests {
    let scratch: Scratch
    let later = OutboxMigration(
        name: "99 of a later version", up: "ALTER TABLE item ADD COLUMN colour TEXT; UPDATE item SET colour = 'red'",
        down: "ALTER TABLE item DROP COLUMN colour")

    init() throws { scratch = try Scratch() }

    private var file: URL { scratch.outboxURL.appendingPathComponent("outbox.sqlite") }

    /// An update was tried and taken back: the version before finds its own schema and everything that was acknowledged.
    @Test func aLaterVersionIsUndone() throws {
        let entries = try scratch.open().commit([.application(), .application()], at: start, seal: bytes)
        do {
            let queue = try DatabaseQueue(path: file.path)
            try OutboxMigration.migrate(queue, to: OutboxMigration.all + [later])
            #expect(try queue.read { try String.fetchAll($0, sql: "SELECT colour FROM item") } == ["red", "red"])
        }
        #expect(try scratch.open().entries() == entries)
        let queue = try DatabaseQueue(path: file.path)
        #expect(try queue.read { try $0.columns(in: "item").map(\.name) }.contains("colour") == false)
        #expect(
            try queue.read { try OutboxMigration.all.map(\.name) == String.fetchAll($0, sql: "SELECT name FROM migrationDown ORDER BY position") })
    }

    @Test func whatCannotBeUndoneIsLeftAlone() throws {
        _ = try scratch.open().commit([.application()], at: start, seal: bytes)
        do {
            let queue = try DatabaseQueue(path: file.path)
            try OutboxMigration.migrate(queue, to: OutboxMigration.all + [OutboxMigration(name: later.name, up: later.up, down: nil)])
        }
        #expect(#expect(throws: OutboxError.self) { try scratch.open() }?.code == .corrupt)
        let queue = try DatabaseQueue(path: file.path)
        #expect(try queue.read { try $0.columns(in: "item").map(\.name) }.contains("colour"))
    }

    /// Each step there and back again, with entries in every state: nothing acknowledged is lost on the way, and the schema is the same as before.
    @Test func everyStepLeadsBack() throws {
        let outbox = try scratch.open()
        let application = OutboxDraft.application()
        let drafts = [application, .material(of: application), .application(), .application(), .application(), .material(of: application)]
        let entries = try outbox.commit(drafts, at: start, seal: bytes)
        try outbox.markDelivered(id: entries[0].id, acknowledgement: Data("signed".utf8), place: place, at: start)
        try outbox.hold(id: entries[1].id)
        try outbox.quarantine(id: entries[2].id, error: "packet.damaged")
        try outbox.markRejected(id: entries[4].id, error: "http.422", at: start)
        let copy = try DatabaseQueue(path: scratch.url.appendingPathComponent("copy.sqlite").path)
        try DatabaseQueue(path: file.path).backup(to: copy)

        let schema = try schema(copy)
        for count in stride(from: OutboxMigration.all.count - 1, through: 1, by: -1) {
            try OutboxMigration.migrate(copy, to: Array(OutboxMigration.all.prefix(count)))
        }
        #expect(try states(copy) == ["delivered", "waiting", "rejected", "waiting", "rejected", "waiting"])
        try OutboxMigration.migrate(copy)
        #expect(try states(copy) == ["delivered", "waiting", "rejected", "waiting", "rejected", "waiting"])
        #expect(try self.schema(copy) == schema)
        let dependencies = try copy.read { try String?.fetchAll($0, sql: "SELECT dependsOn FROM item ORDER BY sequence") }
        let needed = application.id.uuidString.lowercased()
        #expect(dependencies == [nil, needed, nil, nil, nil, needed])
        // What is derived was derived anew on the way up.
        let tally = try copy.read { try Row.fetchAll($0, sql: "SELECT state, entries, bytes FROM tally WHERE entries > 0 ORDER BY state") }
        #expect(
            tally.map { "\($0["state"] as String) \($0["entries"] as Int) \($0["bytes"] as Int)" } == [
                "delivered 1 8", "rejected 2 16", "waiting 3 24",
            ])
        #expect(try copy.read { try Int.fetchOne($0, sql: "SELECT sum(blocked) FROM item") } == 0)
        #expect(try copy.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }.isEmpty)
        #expect(try copy.read { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
    }

    /// A version that knows no archived entries was put back for a while: what was erased isn't looked for afterwards, and what was delivered keeps its place.
    @Test func whatWasArchivedIsSoAgainBehindAnOlderVersion() throws {
        let outbox = try scratch.open()
        let entries = try outbox.commit([.application(), .application(), .application()], at: start, seal: bytes)
        let term = UUID()
        for (index, entry) in entries.dropLast().enumerated() {
            let signed = #"{"acknowledgement":{"number":\#(index + 1),"term":"\#(term.uuidString)"}}"#
            let place = LedgerPlace(term: term.uuidString.lowercased(), number: UInt64(index) + 1)
            try outbox.markDelivered(id: entry.id, acknowledgement: Data(signed.utf8), place: place, at: start)
        }
        _ = try outbox.reconcile(term: term.uuidString.lowercased(), asked: try outbox.ledgerTerms(), extents: [:])
        #expect(try outbox.archive(through: 1, term: term.uuidString.lowercased()) == 1)
        let before = try outbox.entries()
        let counts = try outbox.counts()
        let queue = try DatabaseQueue(path: file.path)
        try OutboxMigration.migrate(queue, to: OutboxMigration.all.prefix { $0.name != "4 the platform's ledger" })
        #expect(try states(queue) == ["delivered", "delivered", "waiting"])
        try OutboxMigration.migrate(queue)
        #expect(try outbox.entries() == before)
        #expect(before.map(\.state) == [.archived, .delivered, .waiting])
        #expect(try outbox.counts() == counts)
        #expect(try outbox.verify().isClean)
    }

    private func schema(_ queue: DatabaseQueue) throws -> [String] {
        try queue.read { try String.fetchAll($0, sql: "SELECT name || ': ' || sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name") }
    }

    private func states(_ queue: DatabaseQueue) throws -> [String] {
        try queue.read { try String.fetchAll($0, sql: "SELECT state FROM item ORDER BY sequence") }
    }
}
