public import Foundation
internal import GRDB
internal import Logging

/// What came of comparing with what the platform has.
public struct OutboxReconciliation: Sendable, Equatable {
    /// Entries that the platform has lost, and that are to be delivered again.
    public var returned = 0
    /// Entries that the platform has lost although it had said that they are in a backup: their payloads are erased here.
    public var lost: [UUID] = []

    public init() {}
}

extension Outbox {
    /// The term of the platform that the entries were last compared with; nil when they never were. Blocks.
    public func platformTerm() throws -> String? {
        try database.read { try String.fetchOne($0, sql: "SELECT term FROM platform") }
    }

    /// The terms in which the platform took what is kept here, and what was erased. Blocks.
    public func ledgerTerms() throws -> [String] {
        try database.read { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT term FROM item WHERE state IN ('delivered', 'archived') AND term IS NOT NULL ORDER BY term")
        }
    }

    /// Whether something is kept that the platform has up to this number. Blocks.
    public func keeps(through watermark: UInt64) throws -> Bool {
        try database.read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM item INDEXED BY itemKept WHERE state = 'delivered' AND place <= ?)",
                arguments: [Int64(clamping: watermark)]) ?? false
        }
    }

    /// Compares with a platform that has begun a new term, perhaps behind a backup that was restored: what it no longer has waits to be delivered again.
    /// Durable on return. Blocks. Throws `OutboxError`.
    /// - Parameters:
    ///   - term: the one that the platform is in
    ///   - extents: of all `ledgerTerms`, those that the platform knows, with the last number that it gave in each
    public func reconcile(term: String, extents: [String: UInt64]) throws -> OutboxReconciliation {
        let found = try database.write { db in
            var found = OutboxReconciliation()
            let terms = try String?.fetchAll(db, sql: "SELECT DISTINCT term FROM item WHERE state IN ('delivered', 'archived')")
            for known in terms {
                // Without an extent, nothing of it is left.
                let through = known.flatMap { extents[$0] }.map { Int64(clamping: $0) } ?? -1
                let isLost = "term IS ?1 AND coalesce(place, 0) > ?2"
                found.lost += try String.fetchAll(
                    db, sql: "UPDATE item SET lastError = ?3 WHERE state = 'archived' AND lastError IS NULL AND \(isLost) RETURNING id",
                    arguments: [known, through, Self.lostBehindBackup]
                ).compactMap(UUID.init(uuidString:))
                try db.execute(
                    sql: """
                        UPDATE item SET state = 'waiting', attempts = 0, nextAttemptAt = NULL, lastError = ?3, deliveredAt = NULL,
                            acknowledgement = NULL, term = NULL, place = NULL
                        WHERE state = 'delivered' AND \(isLost)
                        """, arguments: [known, through, Self.lostByPlatform])
                found.returned += db.changesCount
            }
            if found.returned > 0 { try OutboxDatabase.deriveAnew(db) }
            try db.execute(sql: "UPDATE platform SET term = ?", arguments: [term])
            return found
        }
        if found.returned > 0 {
            logger.warning("outbox: the platform has lost packets, which are sent again", metadata: ["count": "\(found.returned)"])
        }
        if !found.lost.isEmpty {
            let ids = found.lost.prefix(20).map(\.key).joined(separator: " ")
            logger.critical(
                "outbox: the platform has lost packets that it had said are in a backup", metadata: ["count": "\(found.lost.count)", "ids": "\(ids)"])
        }
        return found
    }

    /// Why an entry waits again that was delivered.
    static let lostByPlatform = "outbox.lost-by-platform: the platform was restored from a backup that doesn't have it"

    /// What is said of an entry that can't be delivered again.
    static let lostBehindBackup = "outbox.lost-behind-backup: the platform lost it, although it had said that a backup has it"

    /// Erases payloads that the platform has in a backup. The entries stay, with the acknowledgements. Blocks. Throws `OutboxError`.
    /// - Parameters:
    ///   - watermark: everything up to this number is in a backup
    ///   - term: the platform's when it said so; nothing is erased unless the entries were compared with that one, since numbers mean something only then
    ///   - limit: at most so many, those with the lowest numbers
    /// - Returns: how many were erased
    public func archive(through watermark: UInt64, term: String, limit: Int = 256) throws -> Int {
        let ids = try database.write { db -> [String] in
            guard try String.fetchOne(db, sql: "SELECT term FROM platform") == term else { return [] }
            // The rows first: should the process die, a payload too many is found by the next verification; one too few would be a loss.
            return try String.fetchAll(
                db,
                sql: """
                    UPDATE item SET state = 'archived' WHERE sequence IN
                        (SELECT sequence FROM item INDEXED BY itemKept WHERE state = 'delivered' AND place <= ? ORDER BY place LIMIT ?)
                    RETURNING id
                    """, arguments: [Int64(clamping: watermark), limit])
        }
        for id in ids.compactMap(UUID.init(uuidString:)) { try payloads.remove(id) }
        if !ids.isEmpty { try payloads.sync() }
        return ids.count
    }
}
