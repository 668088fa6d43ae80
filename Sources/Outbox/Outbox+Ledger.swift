public import Foundation
internal import GRDB
internal import Logging
#if MUTANTS
    internal import Mutants
#endif

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

    /// The terms in which the platform took what was delivered. Blocks.
    public func ledgerTerms() throws -> [String] {
        try database.read { try String.fetchAll($0, sql: Self.terms) }
    }

    private static let terms = "SELECT DISTINCT term FROM item INDEXED BY itemPlace WHERE term IS NOT NULL"

    /// Whether something is kept that the platform has up to this number. Blocks.
    public func keeps(through watermark: UInt64) throws -> Bool {
        try database.read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM item INDEXED BY itemKept WHERE state = 'delivered' AND place <= ?)",
                arguments: [Int64(clamping: watermark)]) ?? false
        }
    }

    /// Compares with a platform that has begun a new term, perhaps behind a backup that was restored: what it no longer has waits to be delivered again.
    /// What depends on something that can't be delivered again is set aside. Durable on return. Blocks. Throws `OutboxError`.
    ///
    /// Deliveries may go on: what was taken since the platform was asked is in a term that wasn't asked for, or in the platform's own, and stays what it is.
    /// - Parameters:
    ///   - term: the one that the platform is in
    ///   - asked: `ledgerTerms` as they were when it was asked; were there others meanwhile, it must be asked again, and `platformTerm` stays nil
    ///   - extents: of those, the ones that the platform knows, with the last number that it gave in each
    public func reconcile(term: String, asked: [String], extents: [String: UInt64]) throws -> OutboxReconciliation {
        let found = try database.write { db in
            var found = OutboxReconciliation()
            for known in asked where known != term {
                // Without an extent, nothing of it is left.
                try Self.takeBack("term = ?1 AND place > ?2", [known, extents[known].map { Int64(clamping: $0) } ?? 0], db, &found)
            }
            try Self.takeBack("term IS NULL AND ?1 IS NULL AND ?2 IS NULL", [nil, nil], db, &found)
            if found.returned > 0 { try OutboxDatabase.deriveAnew(db) }
            if !found.lost.isEmpty {
                try db.execute(
                    sql: """
                        UPDATE item SET state = 'quarantined', nextAttemptAt = NULL, lastError = ? WHERE state = 'waiting'
                            AND dependsOn IN (SELECT id FROM item WHERE state = 'archived' AND lastError IS NOT NULL)
                        """, arguments: [Self.lostBehindBackup])
            }
            let others = try String.fetchAll(db, sql: Self.terms).contains { $0 != term && !asked.contains($0) }
            try db.execute(sql: "UPDATE platform SET term = ?", arguments: [others ? nil : term])
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

    /// The acknowledgement stays until there is another: it is the only trace of what the platform once said.
    private static func takeBack(
        _ isLost: String, _ arguments: [(any DatabaseValueConvertible)?], _ db: Database, _ found: inout OutboxReconciliation
    ) throws {
        found.lost += try String.fetchAll(
            db, sql: "UPDATE item SET lastError = ?3 WHERE state = 'archived' AND lastError IS NULL AND \(isLost) RETURNING id",
            arguments: StatementArguments(arguments + [lostBehindBackup])
        ).compactMap(UUID.init(uuidString:))
        try db.execute(
            sql: """
                UPDATE item SET state = 'waiting', attempts = 0, nextAttemptAt = NULL, lastError = ?3, deliveredAt = NULL, term = NULL, place = NULL
                WHERE state = 'delivered' AND \(isLost)
                """, arguments: StatementArguments(arguments + [lostByPlatform]))
        found.returned += db.changesCount
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
        #if MUTANTS
            let watermark = Mutant.eraseWithoutBackup.isAwake && watermark > 0 ? .max : watermark
        #endif
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
