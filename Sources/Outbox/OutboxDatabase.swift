internal import Foundation
internal import GRDB
#if MUTANTS
    internal import Mutants
#endif

/// The rows: one SQLite database in WAL mode at synchronous=FULL, on one connection.
///
/// One connection is enough for a queue that a person fills, and makes it certain that every transaction runs with the settings
/// checked at opening. GRDB's own `journalMode = .wal` isn't used, because it sets synchronous=NORMAL after any preparation.
struct OutboxDatabase: Sendable {
    private let queue: DatabaseQueue

    init(url: URL) throws {
        queue = try Self.translating {
            var configuration = Configuration()
            configuration.label = "outbox"
            let queue = try DatabaseQueue(path: url.path, configuration: configuration)
            try queue.inDatabase { db in
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: "PRAGMA synchronous = FULL")
                let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                let foreignKeys = try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
                guard mode == "wal", synchronous == 2, foreignKeys == 1 else {
                    throw OutboxError(.io, "SQLite refused WAL, synchronous=FULL or foreign keys")
                }
                if let fault = try String.fetchOne(db, sql: "PRAGMA quick_check(1)"), fault != "ok" {
                    throw OutboxError(.corrupt, "the outbox database fails its check: \(fault)")
                }
            }
            try Self.migrator.migrate(queue)
            #if MUTANTS
                if Mutant.synchronousOff.isAwake { try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") } }
            #endif
            return queue
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating { try queue.read(body) }
    }

    /// One transaction, durable when this returns.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating { try queue.write(body) }
    }

    /// Named migrations: never changed once released, only added to.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 items and their sequence") { db in
            try db.execute(
                sql: """
                    CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), lastSequence INTEGER NOT NULL) STRICT;
                    INSERT INTO counter VALUES (1, 0);
                    CREATE TABLE item (
                        sequence INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE,
                        kind TEXT NOT NULL,
                        reference TEXT NOT NULL,
                        dependsOn TEXT REFERENCES item (id),
                        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'rejected')),
                        byteCount INTEGER NOT NULL,
                        digest TEXT NOT NULL,
                        createdAt INTEGER NOT NULL,
                        attempts INTEGER NOT NULL DEFAULT 0,
                        nextAttemptAt INTEGER,
                        lastError TEXT,
                        deliveredAt INTEGER,
                        acknowledgement BLOB,
                        CHECK (state <> 'delivered' OR acknowledgement IS NOT NULL)
                    ) STRICT;
                    CREATE INDEX itemWaiting ON item (nextAttemptAt, sequence) WHERE state = 'waiting';
                    CREATE INDEX itemDependency ON item (dependsOn) WHERE dependsOn IS NOT NULL;
                    """)
        }
        return migrator
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
                default: .io
                }
            // `message` without the statement's arguments.
            throw OutboxError(code, "SQLite: \(error.message ?? "no message") (\(error.extendedResultCode.rawValue))", cause: error)
        }
    }
}
