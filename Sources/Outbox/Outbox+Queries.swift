public import Foundation
internal import GRDB

extension Outbox {
    /// Entries in the order of their commit. Blocks.
    /// - Parameters:
    ///   - state: only these; nil for all
    ///   - after: only those with a higher number, and of these the oldest; nil for the newest
    ///   - limit: at most so many
    public func entries(state: OutboxEntry.State? = nil, after: UInt64? = nil, limit: Int = 1000) throws -> [OutboxEntry] {
        try database.read { db in
            if let after {
                return try Row.fetchAll(
                    db, sql: "SELECT * FROM item WHERE (?1 IS NULL OR state = ?1) AND sequence > ?2 ORDER BY sequence LIMIT ?3",
                    arguments: [state?.rawValue, Int64(clamping: after), limit]
                ).map(OutboxEntry.init(row:))
            }
            return try Row.fetchAll(
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

    /// How much is in each state: costs the same however much that is. Blocks.
    public func counts() throws -> OutboxCounts {
        try database.read { db in
            var counts = OutboxCounts()
            for row in try Row.fetchAll(db.cachedStatement(sql: "SELECT state, entries, bytes FROM tally")) {
                guard let state = OutboxEntry.State(rawValue: try row.value("state")) else { continue }
                counts.shares[state] = OutboxCounts.Share(entries: try row.value("entries"), bytes: try row.value("bytes"))
            }
            return counts
        }
    }

    /// How delivery goes. Reads every row. Blocks.
    public func progress() throws -> OutboxProgress {
        try database.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT min(createdAt) FILTER (WHERE state = 'waiting') AS oldest, max(deliveredAt) AS delivered,
                        count(*) FILTER (WHERE state = 'waiting' AND attempts > 0) AS failing
                    FROM item
                    """)
            return OutboxProgress(
                failing: try row?.value("failing") ?? 0, oldestWaiting: try row?.optional("oldest").map(Date.init(milliseconds:)),
                lastDelivered: try row?.optional("delivered").map(Date.init(milliseconds:)))
        }
    }
}

/// How much there is.
public struct OutboxCounts: Sendable, Equatable {
    /// What is in one state.
    public struct Share: Sendable, Equatable {
        public var entries = 0
        /// Of sealed payload.
        public var bytes = 0
    }

    var shares: [OutboxEntry.State: Share] = [:]

    /// Nothing at all.
    public init() {}

    /// In this state.
    public subscript(state: OutboxEntry.State) -> Share { shares[state] ?? Share() }

    /// Of sealed payload on the disk, whatever its state.
    public var bytes: Int { shares.reduce(0) { $1.key == .archived ? $0 : $0 + $1.value.bytes } }
}

/// How delivery goes.
public struct OutboxProgress: Sendable, Equatable {
    /// Entries that wait and have failed before.
    public var failing: Int
    /// When the one that waits longest was committed.
    public var oldestWaiting: Date?
    /// When an acknowledgement was stored last.
    public var lastDelivered: Date?
}
