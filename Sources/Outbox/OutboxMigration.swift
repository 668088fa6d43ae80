internal import GRDB

/// A named step of the schema, with the way back. Never changed once released, only followed by others.
///
/// The way back is stored in the database beside the step: a kiosk whose update was taken back finds there how to undo what the newer version did.
struct OutboxMigration: Sendable {
    let name: String
    let up: String
    /// Loses nothing that was acknowledged. Nil for the first, before which there is nothing.
    let down: String?

    static let all = [itemsAndTheirSequence, holdAndQuarantine, dueAndTally, platformsLedger, classAndSize]

    /// Brings a database to these migrations, backwards where it knows later ones.
    /// Throws `OutboxError.corrupt` when there is no way back.
    static func migrate(_ queue: DatabaseQueue, to migrations: [OutboxMigration] = all) throws {
        try rollBack(queue, to: migrations)
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { db in
                try db.execute(sql: migration.up)
                try db.execute(sql: "INSERT INTO migrationDown (name, sql) VALUES (?, ?)", arguments: [migration.name, migration.down])
            }
        }
        try migrator.migrate(queue)
    }

    private static func rollBack(_ queue: DatabaseQueue, to migrations: [OutboxMigration]) throws {
        let known = Set(migrations.map(\.name))
        try queue.inDatabase { db in
            try db.execute(
                sql: "CREATE TABLE IF NOT EXISTS migrationDown (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sql TEXT) STRICT")
            let applied = try Row.fetchAll(db, sql: "SELECT name, sql FROM migrationDown ORDER BY position DESC")
            let later = applied.filter { !known.contains($0["name"] as String? ?? "") }
            if later.isEmpty { return }
            // A table that is made anew is referred to by others for a moment in which it isn't there.
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            defer { try? db.execute(sql: "PRAGMA foreign_keys = ON") }
            try db.inTransaction {
                for row in later {
                    let name: String = row["name"]
                    guard let sql = row["sql"] as String? else {
                        throw OutboxError(.corrupt, "the outbox was made by a later version, which alone can open it")
                    }
                    try db.execute(sql: sql)
                    try db.execute(sql: "DELETE FROM migrationDown WHERE name = ?", arguments: [name])
                    try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = ?", arguments: [name])
                }
                try db.checkForeignKeys()
                return .commit
            }
        }
    }

    private static let itemsAndTheirSequence = OutboxMigration(
        name: "1 items and their sequence",
        up: """
            CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), lastSequence INTEGER NOT NULL) STRICT;
            INSERT INTO counter VALUES (1, 0);
            \(item(states: "'waiting', 'delivered', 'rejected'"))
            """,
        down: nil)

    private static let holdAndQuarantine = OutboxMigration(
        name: "2 hold and quarantine",
        up: remade(states: "'waiting', 'held', 'delivered', 'rejected', 'quarantined'", from: "state"),
        down: remade(
            states: "'waiting', 'delivered', 'rejected'",
            from: "CASE state WHEN 'held' THEN 'waiting' WHEN 'quarantined' THEN 'rejected' ELSE state END"))

    /// What is asked all the time must not cost more the more there is: what is due, and how much is in which state.
    private static let dueAndTally = OutboxMigration(
        name: "3 what is due, and a tally",
        up: """
            ALTER TABLE item ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
            UPDATE item SET blocked = 1 WHERE dependsOn IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM item AS needed WHERE needed.id = item.dependsOn AND needed.state = 'delivered');
            DROP INDEX itemWaiting;
            CREATE INDEX itemDue ON item (nextAttemptAt, sequence) WHERE state = 'waiting' AND blocked = 0;
            CREATE TABLE tally (state TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            INSERT INTO tally
                SELECT column1, count(id), coalesce(sum(byteCount), 0)
                FROM (VALUES ('waiting'), ('held'), ('delivered'), ('rejected'), ('quarantined')) LEFT JOIN item ON state = column1 GROUP BY column1;
            \(triggers)
            """,
        down: """
            DROP TRIGGER itemInserted;
            DROP TRIGGER itemChanged;
            DROP TRIGGER itemDeleted;
            DROP TABLE tally;
            DROP INDEX itemDue;
            ALTER TABLE item DROP COLUMN blocked;
            CREATE INDEX itemWaiting ON item (nextAttemptAt, sequence) WHERE state = 'waiting';
            """)

    /// Where the platform has what was delivered, so that one that lost it is sent it again, and what it has in a backup needn't be kept.
    private static let platformsLedger = OutboxMigration(
        name: "4 the platform's ledger",
        up: """
            \(withoutItem)
            \(item(states: "'waiting', 'held', 'delivered', 'archived', 'rejected', 'quarantined'", also: "blocked INTEGER NOT NULL DEFAULT 0, term TEXT, place INTEGER"))
            INSERT INTO item (\(columns), state, blocked, term, place)
                SELECT \(columns), CASE lastError WHEN '\(archivedBefore)' THEN 'archived' ELSE state END, blocked,
                    lower(\(acknowledged("term"))), \(acknowledged("number")) FROM itemBefore;
            UPDATE item SET lastError = NULL WHERE lastError = '\(archivedBefore)';
            DROP TABLE itemBefore;
            DROP INDEX itemWaiting;
            CREATE INDEX itemDue ON item (nextAttemptAt, sequence) WHERE state = 'waiting' AND blocked = 0;
            CREATE INDEX itemKept ON item (place, term) WHERE state = 'delivered';
            CREATE INDEX itemPlace ON item (term, place) WHERE term IS NOT NULL;
            INSERT INTO tally VALUES ('archived', 0, 0);
            UPDATE tally SET (entries, bytes) = (SELECT count(*), coalesce(sum(byteCount), 0) FROM item WHERE item.state = tally.state);
            \(triggers)
            CREATE TABLE platform (id INTEGER PRIMARY KEY CHECK (id = 1), term TEXT) STRICT;
            INSERT INTO platform VALUES (1, NULL);
            """,
        down: """
            \(withoutItem)
            \(item(states: "'waiting', 'held', 'delivered', 'rejected', 'quarantined'", also: "blocked INTEGER NOT NULL DEFAULT 0"))
            UPDATE itemBefore SET lastError = '\(archivedBefore)' WHERE state = 'archived';
            INSERT INTO item (\(columns), state, blocked)
                SELECT \(columns), CASE state WHEN 'archived' THEN 'delivered' ELSE state END, blocked FROM itemBefore;
            DROP TABLE itemBefore;
            DROP INDEX itemWaiting;
            CREATE INDEX itemDue ON item (nextAttemptAt, sequence) WHERE state = 'waiting' AND blocked = 0;
            UPDATE tally SET (entries, bytes) = (SELECT count(*), coalesce(sum(byteCount), 0) FROM item WHERE item.state = tally.state);
            DELETE FROM tally WHERE state = 'archived';
            \(triggers)
            DROP TABLE platform;
            """)

    /// What goes first, and what mustn't be kept waiting by something large, follows from the row itself.
    private static let classAndSize = OutboxMigration(
        name: "5 class and size",
        up: """
            ALTER TABLE item ADD COLUMN class INTEGER NOT NULL GENERATED ALWAYS AS (CASE kind WHEN 'application' THEN 0 WHEN 'material' THEN 1 ELSE 2 END) VIRTUAL;
            ALTER TABLE item ADD COLUMN large INTEGER NOT NULL GENERATED ALWAYS AS (byteCount > 1048576) VIRTUAL;
            DROP INDEX itemDue;
            CREATE INDEX itemDue ON item (class, large, nextAttemptAt, sequence) WHERE state = 'waiting' AND blocked = 0;
            """,
        down: """
            DROP INDEX itemDue;
            ALTER TABLE item DROP COLUMN large;
            ALTER TABLE item DROP COLUMN class;
            CREATE INDEX itemDue ON item (nextAttemptAt, sequence) WHERE state = 'waiting' AND blocked = 0;
            """)

    /// What a version that knows no archived entries finds said of one, and the one after it finds again.
    private static let archivedBefore = "outbox.archived: the payload is erased"

    /// A field of the acknowledgement, whose place in the ledger the rows of the version before don't have.
    private static func acknowledged(_ field: String) -> String {
        "CASE WHEN json_valid(CAST(acknowledgement AS TEXT)) THEN json_extract(CAST(acknowledgement AS TEXT), '$.acknowledgement.\(field)') END"
    }

    private static let columns =
        "sequence, id, kind, reference, dependsOn, byteCount, digest, createdAt, attempts, nextAttemptAt, lastError, deliveredAt, acknowledgement"

    /// Takes `item` out of the way with all that hangs on it, to be made anew.
    private static let withoutItem = """
        DROP TRIGGER itemInserted;
        DROP TRIGGER itemChanged;
        DROP TRIGGER itemDeleted;
        DROP INDEX itemDue;
        DROP INDEX itemDependency;
        ALTER TABLE item RENAME TO itemBefore;
        """

    /// They keep the tally.
    private static let triggers = """
        CREATE TRIGGER itemInserted AFTER INSERT ON item BEGIN
            UPDATE tally SET entries = entries + 1, bytes = bytes + new.byteCount WHERE state = new.state;
        END;
        CREATE TRIGGER itemChanged AFTER UPDATE OF state ON item WHEN old.state <> new.state BEGIN
            UPDATE tally SET entries = entries - 1, bytes = bytes - old.byteCount WHERE state = old.state;
            UPDATE tally SET entries = entries + 1, bytes = bytes + new.byteCount WHERE state = new.state;
        END;
        CREATE TRIGGER itemDeleted AFTER DELETE ON item BEGIN
            UPDATE tally SET entries = entries - 1, bytes = bytes - old.byteCount WHERE state = old.state;
        END;
        """

    /// `item` with another set of states, which SQLite can only give it by making it anew.
    private static func remade(states: String, from state: String) -> String {
        """
        ALTER TABLE item RENAME TO itemBefore;
        DROP INDEX itemWaiting;
        DROP INDEX itemDependency;
        \(item(states: states))
        INSERT INTO item (\(columns), state) SELECT \(columns), \(state) FROM itemBefore;
        DROP TABLE itemBefore;
        """
    }

    private static func item(states: String, also columns: String = "") -> String {
        """
        CREATE TABLE item (
            sequence INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            reference TEXT NOT NULL,
            dependsOn TEXT REFERENCES item (id),
            state TEXT NOT NULL CHECK (state IN (\(states))),
            byteCount INTEGER NOT NULL,
            digest TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            nextAttemptAt INTEGER,
            lastError TEXT,
            deliveredAt INTEGER,
            acknowledgement BLOB,\(columns.isEmpty ? "" : "\n    \(columns),")
            CHECK (state <> 'delivered' OR acknowledgement IS NOT NULL)
        ) STRICT;
        CREATE INDEX itemWaiting ON item (nextAttemptAt, sequence) WHERE state = 'waiting';
        CREATE INDEX itemDependency ON item (dependsOn) WHERE dependsOn IS NOT NULL;
        """
    }
}
