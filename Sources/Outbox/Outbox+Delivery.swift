public import Foundation
internal import GRDB
internal import Logging
#if MUTANTS
    internal import Mutants
#endif

extension Outbox {
    /// A waiting entry whose dependency has been delivered, of one class and one size: a range of the index `itemDue`.
    private static let eligible = "FROM item INDEXED BY itemDue WHERE state = 'waiting' AND blocked = 0 AND class = ?1 AND large = ?2"

    /// bytes, as in the column `large`. What is larger keeps a slow line busy for a while, and is told apart so that smaller ones go beside it.
    public static let largeSize = 1 << 20

    /// Applications, then materials, then whatever else there may be; in each class the small ones first.
    private static func ranks(_ smallOnly: Bool) -> [(class: Int, large: Int)] {
        (0...2).flatMap { number in (smallOnly ? [0] : [0, 1]).map { (number, $0) } }
    }

    private static let undelivered: [OutboxEntry.State] = [.waiting, .held, .rejected, .quarantined]

    /// Entries to deliver now: first those never tried, applications before materials, small ones before large ones, in order of their commit; then those that
    /// were tried, whatever they are, the one first whose time came first: what the platform can't take yet holds nothing else up.
    /// A next attempt further away than any is ever set means that the clock was put back: such an entry is due.
    /// Blocks. Throws `OutboxError`.
    /// - Parameters:
    ///   - smallOnly: none that is larger than `largeSize`
    ///   - except: those that are under way, a few
    public func due(at date: Date, limit: Int, smallOnly: Bool = false, except: Set<UUID> = []) throws -> [OutboxEntry] {
        let now = date.milliseconds
        let without = Self.list(except)
        #if MUTANTS
            if Mutant.materialsFirst.isAwake { return try dueMaterialsFirst(at: now, limit: limit, without: without) }
        #endif
        let found = try database.read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: smallOnly ? Self.dueSmall : Self.dueAll),
                arguments: [now, now + Int64(Self.longestDelay * 1000), without, limit]
            ).map(OutboxEntry.init(row:))
        }
        let tried = found.filter { $0.nextAttemptAt != nil }.sorted {
            ($0.nextAttemptAt ?? .distantPast, $0.sequence) < ($1.nextAttemptAt ?? .distantPast, $1.sequence)
        }
        return Array((found.filter { $0.nextAttemptAt == nil } + tried).prefix(limit))
    }

    private static let (dueAll, dueSmall) = (dueStatement(smallOnly: false), dueStatement(smallOnly: true))

    /// The first of each range, in one statement: ?1 now, ?2 the time that none waits for longer, ?3 those left out, ?4 how many of each.
    private static func dueStatement(smallOnly: Bool) -> String {
        ranks(smallOnly).map { rank in
            """
            SELECT * FROM (SELECT * FROM item INDEXED BY itemDue
                WHERE state = 'waiting' AND blocked = 0 AND class = \(rank.class) AND large = \(rank.large)
                    AND (nextAttemptAt IS NULL OR nextAttemptAt <= ?1 OR nextAttemptAt > ?2) AND id NOT IN (SELECT value FROM json_each(?3))
                ORDER BY nextAttemptAt, sequence LIMIT ?4)
            """
        }.joined(separator: " UNION ALL ")
    }

    /// When the next entry becomes due: in the past when one is due already, nil when none will without something else happening first. Blocks.
    /// - Parameters: as of `due`
    public func nextDueDate(smallOnly: Bool = false, except: Set<UUID> = []) throws -> Date? {
        let without = Self.list(except)
        return try database.read { db in
            // Those never tried stand first in each range of the index.
            try Self.ranks(smallOnly).compactMap { rank in
                try Int64.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT coalesce(nextAttemptAt, createdAt) \(Self.eligible) AND id NOT IN (SELECT value FROM json_each(?3))
                            ORDER BY nextAttemptAt, sequence LIMIT 1
                            """), arguments: [rank.class, rank.large, without])
            }.min().map(Date.init(milliseconds:))
        }
    }

    private static func list(_ ids: Set<UUID>) -> String { "[" + ids.map { "\"\($0.key)\"" }.joined(separator: ",") + "]" }

    /// Counts a failed attempt. `retryAt` lies after `date` by at most `longestDelay`; a later one is brought forward.
    /// - Parameter error: a stable code and a sentence, without personal data
    /// - Throws: `OutboxError`, `wrongState` when the entry neither waits nor is held
    public func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) throws {
        let retry = min(retryAt, date.addingTimeInterval(Self.longestDelay))
        try update(
            id, from: [.waiting, .held], "attempts = attempts + 1, nextAttemptAt = ?, lastError = ?", [retry.milliseconds, error])
    }

    /// Makes every waiting entry due: the network has come back.
    public func clearDelays() throws {
        try database.write { db in
            try db.execute(sql: "UPDATE item SET nextAttemptAt = NULL WHERE state = 'waiting' AND nextAttemptAt IS NOT NULL")
        }
    }

    /// Stores the platform's signed acknowledgement; the entry counts as delivered when this returns, whatever became of it while it was under way.
    /// The sealed file stays, so that a platform restored from a backup can be sent it again.
    /// - Parameter place: where the platform says that it has it
    public func markDelivered(id: UUID, acknowledgement: Data, place: LedgerPlace, at date: Date) throws {
        #if MUTANTS
            if Mutant.earlyErase.isAwake { try payloads.remove(id) }
            if Mutant.earlyCount.isAwake { try update(id, from: Self.undelivered, "state = 'delivered', acknowledgement = X''") }
            let states = Mutant.earlyCount.isAwake ? [.delivered] : Self.undelivered
        #else
            let states = Self.undelivered
        #endif
        try update(
            id, from: states,
            "state = 'delivered', acknowledgement = ?, deliveredAt = ?, term = ?, place = ?, nextAttemptAt = NULL, lastError = NULL",
            [acknowledgement, date.milliseconds, place.term, Int64(bitPattern: place.number)]
        ) { db in
            try db.cachedStatement(sql: "UPDATE item SET blocked = 0 WHERE dependsOn = ? AND blocked").execute(arguments: [id.key])
            // Signed in another term than the one that was compared with: there is something to compare again, before anything is erased.
            try db.cachedStatement(sql: "UPDATE platform SET term = NULL WHERE term <> ?").execute(arguments: [place.term])
        }
    }

    /// Sets an entry aside that the platform will never take. What depends on it stays waiting and is never tried.
    /// - Parameter error: a stable code and a sentence, without personal data
    public func markRejected(id: UUID, error: String, at date: Date) throws {
        try update(id, from: [.waiting, .held], "state = 'rejected', attempts = attempts + 1, nextAttemptAt = NULL, lastError = ?", [error])
        logger.error("outbox: an entry was set aside", metadata: ["id": "\(id.key)", "error": "\(error)", "at": "\(date.milliseconds)"])
    }

    /// Sets an entry aside whose payload isn't what was committed. The payload stays where it is, and what depends on the entry waits.
    /// - Parameter error: a stable code and a sentence, without personal data
    public func quarantine(id: UUID, error: String) throws {
        try update(id, from: [.waiting, .held], "state = 'quarantined', nextAttemptAt = NULL, lastError = ?", [error])
        logger.critical("outbox: an entry is in quarantine", metadata: ["id": "\(id.key)", "error": "\(error)"])
    }

    /// Keeps an entry from being delivered until `retry`. A delivery under way isn't cut short, and its acknowledgement is kept.
    public func hold(id: UUID) throws {
        try update(id, from: [.waiting], "state = 'held', nextAttemptAt = NULL")
    }

    /// Has an entry delivered after all, as soon as what it depends on is: one that was held, refused or put into quarantine, or that only waits for its time.
    public func retry(id: UUID) throws {
        try update(id, from: Self.undelivered, "state = 'waiting', nextAttemptAt = NULL")
    }

    #if MUTANTS
        private func dueMaterialsFirst(at now: Int64, limit: Int, without: String) throws -> [OutboxEntry] {
            try database.read { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT * FROM item WHERE state = 'waiting' AND (nextAttemptAt IS NULL OR nextAttemptAt <= ?)
                            AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY dependsOn IS NULL, nextAttemptAt, sequence LIMIT ?
                        """, arguments: [now, without, limit]
                ).map(OutboxEntry.init(row:))
            }
        }
    #endif

    /// - Parameter also: what changes in the same transaction
    private func update(
        _ id: UUID, from states: [OutboxEntry.State], _ assignments: String, _ arguments: StatementArguments = [],
        also: (Database) throws -> Void = { _ in }
    ) throws {
        try database.write { db in
            let known = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            try db.cachedStatement(sql: "UPDATE item SET \(assignments) WHERE id = ? AND state IN (\(known))").execute(
                arguments: arguments + [id.key])
            guard db.changesCount == 1 else {
                throw OutboxError(.wrongState, "\(id.key) isn't there, or not \(states.map(\.rawValue).joined(separator: " or "))")
            }
            try also(db)
        }
    }
}
