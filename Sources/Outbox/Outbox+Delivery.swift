public import Foundation
internal import GRDB
internal import Logging
#if MUTANTS
    internal import Mutants
#endif

extension Outbox {
    /// A waiting entry whose dependency has been delivered. A next attempt further away than any is ever set
    /// means that the clock was put back: such an entry is due.
    private static let eligible = """
        FROM item WHERE state = 'waiting' AND (dependsOn IS NULL
            OR EXISTS (SELECT 1 FROM item AS needed WHERE needed.id = item.dependsOn AND needed.state = 'delivered'))
        """

    /// Entries to deliver now, the one that waited longest since its last attempt first; never tried ones in order of their commit.
    /// Blocks. Throws `OutboxError`.
    public func due(at date: Date, limit: Int) throws -> [OutboxEntry] {
        let now = date.milliseconds
        return try database.read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * \(Self.eligible) AND (nextAttemptAt IS NULL OR nextAttemptAt <= ? OR nextAttemptAt > ?)
                        ORDER BY nextAttemptAt, sequence LIMIT ?
                        """),
                arguments: [now, now + Int64(Self.longestDelay * 1000), limit]
            ).map(OutboxEntry.init(row:))
        }
    }

    /// When the next entry becomes due: in the past when one is due already, nil when none will without something else happening first. Blocks.
    public func nextDueDate() throws -> Date? {
        try database.read { db in
            try Int64.fetchOne(db.cachedStatement(sql: "SELECT min(coalesce(nextAttemptAt, createdAt)) \(Self.eligible)"))
                .map(Date.init(milliseconds:))
        }
    }

    /// Counts a failed attempt. `retryAt` lies after `date` by at most `longestDelay`; a later one is brought forward.
    /// - Parameter error: a stable code and a sentence, without personal data
    /// - Throws: `OutboxError`, `notWaiting` when the entry doesn't wait for delivery
    public func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) throws {
        let retry = min(retryAt, date.addingTimeInterval(Self.longestDelay))
        try update(
            id, "attempts = attempts + 1, nextAttemptAt = ?, lastError = ?", [retry.milliseconds, error])
    }

    /// Makes every waiting entry due: the network has come back.
    public func clearDelays() throws {
        try database.write { db in
            try db.execute(sql: "UPDATE item SET nextAttemptAt = NULL WHERE state = 'waiting' AND nextAttemptAt IS NOT NULL")
        }
    }

    /// Stores the platform's signed acknowledgement; the entry counts as delivered when this returns. The sealed file stays,
    /// so that a platform restored from a backup can be sent it again.
    public func markDelivered(id: UUID, acknowledgement: Data, at date: Date) throws {
        #if MUTANTS
            if Mutant.earlyErase.isAwake { try payloads.remove(id.key + PayloadDirectory.sealed) }
        #endif
        try update(
            id, "state = 'delivered', acknowledgement = ?, deliveredAt = ?, nextAttemptAt = NULL, lastError = NULL",
            [acknowledgement, date.milliseconds])
    }

    /// Sets an entry aside that the platform will never take. What depends on it stays waiting and is never tried.
    /// - Parameter error: a stable code and a sentence, without personal data
    public func markRejected(id: UUID, error: String, at date: Date) throws {
        try update(id, "state = 'rejected', attempts = attempts + 1, nextAttemptAt = NULL, lastError = ?", [error])
        logger.error("outbox: an entry was set aside", metadata: ["id": "\(id.key)", "error": "\(error)", "at": "\(date.milliseconds)"])
    }

    private func update(_ id: UUID, _ assignments: String, _ arguments: StatementArguments) throws {
        try database.write { db in
            try db.cachedStatement(sql: "UPDATE item SET \(assignments) WHERE id = ? AND state = 'waiting'")
                .execute(arguments: arguments + [id.key])
            guard db.changesCount == 1 else { throw OutboxError(.notWaiting, "\(id.key) doesn't wait for delivery") }
        }
    }
}
