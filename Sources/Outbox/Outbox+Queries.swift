public import Foundation
internal import GRDB

extension Outbox {
    /// Entries in the order of their commit. Blocks.
    /// - Parameters:
    ///   - state: only these; nil for all
    ///   - limit: at most so many, the newest
    public func entries(state: OutboxEntry.State? = nil, limit: Int = 1000) throws -> [OutboxEntry] {
        try database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM item WHERE ?1 IS NULL OR state = ?1 ORDER BY sequence DESC LIMIT ?2", arguments: [state?.rawValue, limit]
            ).reversed().map(OutboxEntry.init(row:))
        }
    }

    /// One entry; nil when there is none with this id. Blocks.
    public func entry(id: UUID) throws -> OutboxEntry? {
        try database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM item WHERE id = ?", arguments: [id.key]).map(OutboxEntry.init(row:))
        }
    }

    /// How many wait and were delivered, and the bytes of sealed payload on the disk, delivered and rejected ones included. Blocks.
    public func counts() throws -> (waiting: Int, delivered: Int, bytes: Int) {
        try database.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'delivered') AS delivered,
                        coalesce(sum(byteCount), 0) AS bytes FROM item
                    """)
            guard let row else { return (0, 0, 0) }
            return (row["waiting"], row["delivered"], row["bytes"])
        }
    }
}
