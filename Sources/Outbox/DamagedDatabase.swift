internal import Foundation
internal import GRDB

/// What can still be read of a database that SQLite finds damaged, or of one that lies beside it from an earlier repair. It is only read.
final class DamagedDatabase {
    private let queue: DatabaseQueue
    private let columns: String

    /// Nil for a file of which nothing can be read at all.
    init?(url: URL) {
        var configuration = Configuration()
        configuration.label = "outbox.damaged"
        configuration.readonly = true
        guard let queue = try? DatabaseQueue(path: url.path, configuration: configuration),
            let known = try? queue.read({ try Row.fetchAll($0, sql: "PRAGMA table_info(item)").compactMap { $0["name"] as String? } }), !known.isEmpty
        else { return nil }
        self.queue = queue
        // A version before the ledger didn't know where the platform has something; the next comparison finds out.
        columns = "*" + ["term", "place"].filter { !known.contains($0) }.map { ", NULL AS \($0)" }.joined()
    }

    deinit { try? queue.close() }

    /// The last number that was taken; nil when it can't be read.
    var lastSequence: UInt64? {
        (try? queue.read { try Int64.fetchOne($0, sql: "SELECT lastSequence FROM counter") }).flatMap { $0 }.map(UInt64.init(clamping:))
    }

    /// Hands out every row that can be read: from the first to where the damage begins, then from the last back to where it ends.
    /// Whether that was all of them nobody can say: a page that was written too late lacks rows without a word.
    func forEachRow(_ take: (OutboxEntry) throws -> Void) throws {
        if try !walk("ASC", take) { _ = try walk("DESC", take) }
    }

    /// One row, also one that lies between two damaged places.
    func row(sequence: UInt64) -> OutboxEntry? {
        try? queue.read { db in
            try Row.fetchOne(db, sql: "SELECT \(columns) FROM item WHERE sequence = ?", arguments: [Int64(clamping: sequence)]).map(
                OutboxEntry.init(row:))
        }
    }

    /// - Returns: whether every row was there and what it should be; what `take` throws passes through
    private func walk(_ direction: String, _ take: (OutboxEntry) throws -> Void) throws -> Bool {
        do {
            return try queue.read { db in
                var isWhole = true
                let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM item ORDER BY sequence \(direction)")
                while let row = try rows.next() {
                    guard let entry = try? OutboxEntry(row: row) else {
                        isWhole = false
                        continue
                    }
                    do { try take(entry) } catch { throw Refused(error: error) }
                }
                return isWhole
            }
        } catch let refused as Refused {
            throw refused.error
        } catch {
            return false
        }
    }

    /// Tells what `take` threw from what SQLite did.
    private struct Refused: Error {
        var error: any Error
    }
}
