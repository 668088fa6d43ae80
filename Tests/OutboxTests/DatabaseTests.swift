import Foundation
import GRDB
import GRDBSQLite
@testable import Outbox
import Testing

@Suite struct DatabaseTests {
    /// To compile them anew each time would cost a commit more than all else that the processor does for it.
    @Test func whatIsAskedAgainAndAgainIsCompiledOnce() throws {
        let scratch = try Scratch()
        let outbox = try scratch.open()
        func pass() throws {
            let entry = try outbox.commit([.application()], at: start, seal: bytes)[0]
            #expect(try outbox.due(at: start, limit: 1) == [entry] && outbox.nextDueDate() == start)
            try outbox.markDelivered(id: entry.id, acknowledgement: Data("signed".utf8), place: place, at: start)
            #expect(try outbox.counts()[.waiting].entries == 0)
        }
        try pass()
        let compiled = try outbox.database.read(Self.compilations)
        for _ in 0..<10 { try pass() }
        #expect(compiled.count > 5)
        #expect(try outbox.database.read(Self.compilations) == compiled)
    }

    /// How often each statement that is kept was compiled anew.
    private static func compilations(_ db: Database) -> [String: Int32] {
        var found: [String: Int32] = [:]
        var statement = sqlite3_next_stmt(db.sqliteConnection, nil)
        while let known = statement {
            found[sqlite3_sql(known).map { String(cString: $0) } ?? "", default: 0] += sqlite3_stmt_status(known, SQLITE_STMTSTATUS_REPREPARE, 0)
            statement = sqlite3_next_stmt(db.sqliteConnection, known)
        }
        return found
    }

    @Test func aTransactionThatFailsLeavesNothing() throws {
        struct Stop: Error {}
        let scratch = try Scratch()
        let database = try scratch.open().database
        func lastSequence() throws -> Int? { try database.read { try Int.fetchOne($0, sql: "SELECT lastSequence FROM counter") } }
        #expect(throws: Stop.self) {
            try database.write { db in
                try db.execute(sql: "UPDATE counter SET lastSequence = 7")
                throw Stop()
            }
        }
        #expect(try lastSequence() == 0)
        // What only the end of the transaction finds wrong.
        let error = #expect(throws: OutboxError.self) {
            try database.write { db in
                try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
                try db.execute(
                    sql: """
                        INSERT INTO item (id, kind, reference, dependsOn, state, byteCount, digest, createdAt)
                        VALUES ('a', 'material', 'R', 'nobody', 'waiting', 1, 'd', 0)
                        """)
            }
        }
        #expect(error?.code == .io)
        try database.write { try $0.execute(sql: "UPDATE counter SET lastSequence = 8") }
        #expect(try lastSequence() == 8)
        #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM item") } == 0)
    }
}
