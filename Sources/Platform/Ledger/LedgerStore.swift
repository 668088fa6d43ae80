import Foundation
import GRDB
import PlatformAPI

/// The order in which packets were taken, over all restarts and restored backups.
struct LedgerStore: Sendable {
    let database: PlatformDatabase
    /// Of this server.
    let term: UUID

    /// A term that begins with `begin`.
    init(database: PlatformDatabase) {
        self.database = database
        term = UUID()
    }

    /// Durable on return; before the first packet is taken.
    func begin() async throws {
        try await database.queue.write { db in
            try db.execute(
                sql: "INSERT INTO term (id, base, begun_at) VALUES (?, ?, ?)",
                arguments: [term.wireText, Int64(bitPattern: try Self.last(db)), Date().seconds])
        }
    }

    /// The next number, for a packet that is taken in the same transaction.
    static func next(_ db: Database) throws -> UInt64 {
        try last(db) + 1
    }

    static func last(_ db: Database) throws -> UInt64 {
        try UInt64(Int64.fetchOne(db, sql: "SELECT max(number) FROM decision WHERE number IS NOT NULL") ?? 0)
    }

    /// Everything up to this number is in a backup.
    func watermark() async throws -> UInt64 {
        try await database.queue.read { db in try Self.watermark(db) }
    }

    /// - Parameter terms: those that somebody asks for; unknown ones are left out of the answer
    func statement(to kiosk: String, nonce: Data, terms: [UUID]) async throws -> LedgerStatement {
        try await database.queue.read { db in
            let extents = try terms.compactMap { id in
                try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT coalesce((SELECT max(number) FROM decision WHERE decision.term = term.id AND number IS NOT NULL), base)
                        FROM term WHERE id = ?
                        """, arguments: [id.wireText]
                ).map { LedgerStatement.Extent(term: id, through: UInt64($0)) }
            }
            return LedgerStatement(kiosk: kiosk, nonce: nonce, term: term, extents: extents, watermark: try Self.watermark(db))
        }
    }

    private static func watermark(_ db: Database) throws -> UInt64 {
        UInt64(try Int64.fetchOne(db, sql: "SELECT max(through) FROM backup") ?? 0)
    }
}
