internal import Foundation
internal import GRDB
internal import Synchronization
#if MUTANTS
    internal import Mutants
#endif

/// The rows: one SQLite database in WAL mode at synchronous=FULL, on one connection.
///
/// One connection is enough for a queue that a person fills, and makes it certain that every transaction runs with the settings
/// checked at opening. GRDB's own `journalMode = .wal` isn't used, because it sets synchronous=NORMAL after any preparation.
final class OutboxDatabase: Sendable {
    private let queue: DatabaseQueue
    /// The connection of a check that is under way.
    private let aside = Mutex<DatabaseQueue?>(nil)

    init(url: URL) throws {
        queue = try Self.translating {
            var configuration = Configuration()
            configuration.label = "outbox"
            configuration.busyMode = .timeout(Self.patience)
            let queue = try DatabaseQueue(path: url.path, configuration: configuration)
            try queue.inDatabase { db in
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: "PRAGMA synchronous = FULL")
                let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                let foreignKeys = try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
                guard mode == "wal", synchronous == 2, foreignKeys == 1 else {
                    throw OutboxError(.io, "SQLite refused WAL, synchronous=FULL or foreign keys")
                }
            }
            try OutboxMigration.migrate(queue)
            #if MUTANTS
                if Mutant.synchronousOff.isAwake { try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") } }
            #endif
            return queue
        }
    }

    /// Nothing is written while this reads, since all of it goes over the one connection: it needs no transaction. GRDB's own `read` forbids writing
    /// meanwhile (`PRAGMA query_only`), and each such change has SQLite compile every statement anew that is kept.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating { try queue.inDatabase(body) }
    }

    /// One transaction, durable when this returns. Begun and ended by statements that are kept: GRDB's own `write` has both compiled each time.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating {
            try queue.inDatabase { db in
                try db.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
                do {
                    let value = try body(db)
                    try db.cachedStatement(sql: "COMMIT").execute()
                    return value
                } catch {
                    // SQLite has taken some failures back already; then there is nothing to do.
                    try? db.rollback()
                    throw error
                }
            }
        }
    }

    /// One transaction in which rows come in any order. A dependency without a row in the end is let go of.
    func rebuild(_ body: (Database) throws -> Void) throws {
        try Self.translating {
            try queue.inDatabase { db in
                try db.execute(sql: "PRAGMA foreign_keys = OFF")
                try db.inTransaction {
                    try body(db)
                    try db.execute(
                        sql: """
                            UPDATE item SET dependsOn = NULL
                            WHERE dependsOn IS NOT NULL AND NOT EXISTS (SELECT 1 FROM item AS needed WHERE needed.id = item.dependsOn)
                            """)
                    try Self.deriveAnew(db)
                    return .commit
                }
                try db.execute(sql: "PRAGMA foreign_keys = ON")
            }
        }
    }

    /// Writes everything into the one file, and lets go of it.
    func close() throws {
        try Self.translating {
            try queue.inDatabase { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try queue.close()
        }
    }

    /// What SQLite finds wrong when it looks at every page, row and index; empty when nothing is. On a connection of its own, so that nobody waits for it.
    func faults() throws -> [String] {
        var faults: [String] = []
        for check in ["integrity_check(20)", "foreign_key_check"] {
            do {
                // A sound database says `ok` to the first, and nothing to the second.
                faults += try readAside { db in
                    try Row.fetchAll(db, sql: "PRAGMA \(check)").compactMap { row in
                        let words = String.fromDatabaseValue(row[0]) ?? "?"
                        return words == "ok" ? nil : "\(check): \(words)"
                    }
                }
            } catch let error as OutboxError where error.code == .corrupt {
                // It couldn't even look.
                faults.append("\(check): \(error.message)")
            }
        }
        let isCounterRight = try readAside { db in
            try Bool.fetchOne(db, sql: "SELECT lastSequence >= (SELECT coalesce(max(sequence), 0) FROM item) FROM counter") ?? false
        }
        return isCounterRight ? faults : faults + ["the sequence counter is missing, or behind a number that was given"]
    }

    /// How many rows have a value that doesn't follow from the others as it should.
    func derivedWrongly() throws -> Int {
        try readAside { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT (SELECT count(*) FROM item WHERE blocked <> \(Self.blocked))
                        + (SELECT count(*) FROM tally WHERE (entries, bytes)
                            <> (SELECT count(*), coalesce(sum(byteCount), 0) FROM item WHERE item.state = tally.state))
                    """) ?? 0
        }
    }

    /// Puts those right.
    static func deriveAnew(_ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE item SET blocked = \(blocked) WHERE blocked <> \(blocked);
                UPDATE tally SET (entries, bytes) = (SELECT count(*), coalesce(sum(byteCount), 0) FROM item WHERE item.state = tally.state);
                """)
    }

    private static let blocked = """
        (dependsOn IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM item AS needed WHERE needed.id = item.dependsOn AND needed.state IN ('delivered', 'archived')))
        """

    /// Ends a check that is under way.
    func interruptAside() { aside.withLock { $0?.interrupt() } }

    /// seconds. Two connections of one process keep each other waiting for moments only.
    private static let patience: TimeInterval = 5

    /// Reads on a connection of its own.
    private func readAside<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating {
            var configuration = Configuration()
            configuration.label = "outbox.check"
            configuration.readonly = true
            configuration.busyMode = .timeout(Self.patience)
            let connection = try DatabaseQueue(path: queue.path, configuration: configuration)
            aside.withLock { $0 = connection }
            defer {
                aside.withLock { $0 = nil }
                try? connection.close()
            }
            return try connection.read(body)
        }
    }

    /// Runs `body` and turns SQLite's result codes into ours.
    private static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            let code: OutboxError.Code =
                switch error.resultCode {
                case .SQLITE_FULL: .diskFull
                case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: .corrupt
                case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
                case .SQLITE_INTERRUPT: .interrupted
                default: .io
                }
            // `message` without the statement's arguments.
            throw OutboxError(code, "SQLite: \(error.message ?? "no message") (\(error.extendedResultCode.rawValue))", cause: error)
        } catch let error as RowDecodingError {
            // Its text quotes the value.
            throw OutboxError(.corrupt, "a column holds another type", cause: error)
        }
    }
}
