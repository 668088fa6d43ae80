import Foundation
import GRDB

/// The platform's SQLite database: tokens, uploads, decisions, applications. Nothing in it is personal.
struct PlatformDatabase: Sendable {
    let queue: DatabaseQueue

    init(directory: URL) throws {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = true
        queue = try DatabaseQueue(path: directory.appendingPathComponent("platform.sqlite").path, configuration: configuration)
        // GRDB sets synchronous=NORMAL when it turns WAL on, after any prepareDatabase hook: FULL has to be set on the open connection.
        let mode = try queue.inDatabase { db in
            try db.execute(sql: "PRAGMA synchronous=FULL")
            return try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
        }
        guard mode == 2 else { throw PlatformError.synchronousNotFull(mode) }
        try Self.migrator.migrate(queue)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE token (name TEXT PRIMARY KEY, role TEXT NOT NULL, digest BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
                    CREATE TABLE upload (
                        id TEXT PRIMARY KEY, kiosk TEXT NOT NULL, kind TEXT NOT NULL, sequence TEXT NOT NULL, sealed_digest TEXT NOT NULL,
                        length INTEGER NOT NULL, offset INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL) STRICT;
                    CREATE INDEX upload_open ON upload (kiosk) WHERE offset < length;
                    CREATE TABLE decision (
                        id TEXT PRIMARY KEY, kiosk TEXT NOT NULL, acknowledgement BLOB, rejection TEXT, decided_at INTEGER NOT NULL,
                        CHECK ((acknowledgement IS NULL) <> (rejection IS NULL))) STRICT;
                    CREATE TABLE application (
                        id TEXT PRIMARY KEY REFERENCES decision (id), number TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, kiosk TEXT NOT NULL,
                        item_code TEXT NOT NULL, submitted_at INTEGER NOT NULL, received_at INTEGER NOT NULL) STRICT;
                    CREATE TABLE material (
                        id TEXT PRIMARY KEY, application_id TEXT NOT NULL REFERENCES application (id), position INTEGER NOT NULL,
                        requirement TEXT NOT NULL, media_type TEXT NOT NULL, page_count INTEGER NOT NULL, byte_count INTEGER NOT NULL,
                        digest TEXT NOT NULL, received_at INTEGER) STRICT;
                    CREATE INDEX material_of_application ON material (application_id, position);
                    CREATE TABLE number_counter (
                        item_code TEXT NOT NULL, day TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (item_code, day)) STRICT;
                    """)
        }
        migrator.registerMigration("2 the kiosks' keys") { db in
            try db.execute(
                sql: """
                    CREATE TABLE kiosk_key (
                        kiosk TEXT NOT NULL, id TEXT NOT NULL, public_key BLOB NOT NULL, created_at INTEGER NOT NULL,
                        PRIMARY KEY (kiosk, id)) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("3 ledger and backups") { db in
            try db.execute(
                sql: """
                    ALTER TABLE decision ADD COLUMN term TEXT;
                    ALTER TABLE decision ADD COLUMN number INTEGER;
                    CREATE UNIQUE INDEX decision_number ON decision (number) WHERE number IS NOT NULL;
                    CREATE INDEX decision_term ON decision (term, number) WHERE number IS NOT NULL;
                    CREATE TABLE term (id TEXT PRIMARY KEY, base INTEGER NOT NULL, begun_at INTEGER NOT NULL) STRICT;
                    CREATE TABLE backup (through INTEGER PRIMARY KEY, made_at INTEGER NOT NULL) STRICT;
                    """)
        }
        migrator.registerMigration("4 uploads expire") { db in
            try db.execute(
                sql: """
                    ALTER TABLE upload ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
                    UPDATE upload SET touched_at = created_at;
                    """)
        }
        migrator.registerMigration("5 the profile of a kiosk's key") { db in
            try db.execute(sql: "ALTER TABLE kiosk_key ADD COLUMN profile TEXT NOT NULL DEFAULT 'international'")
        }
        return migrator
    }
}

extension Date {
    /// Whole seconds since 1970, as the database keeps times.
    var seconds: Int64 { Int64(timeIntervalSince1970.rounded(.down)) }

    init(seconds: Int64) {
        self.init(timeIntervalSince1970: TimeInterval(seconds))
    }
}
