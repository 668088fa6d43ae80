internal import GRDB

extension DeviceDatabase {
    /// Named migrations: never changed once released, only added to. Times are milliseconds since 1970; an id is a UUIDv7 in lower case.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 counters, tickets, openings and printings") { db in
            try db.execute(
                sql: """
                    CREATE TABLE counter (
                        device TEXT PRIMARY KEY, uses INTEGER NOT NULL, failures INTEGER NOT NULL, busyMilliseconds INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE ticket (
                        id TEXT PRIMARY KEY, device TEXT NOT NULL, code TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL,
                        firstSeen INTEGER NOT NULL, tried TEXT NOT NULL, closedAt INTEGER
                    ) STRICT;
                    CREATE INDEX ticketOpen ON ticket (device) WHERE closedAt IS NULL;
                    CREATE TABLE opening (
                        id TEXT PRIMARY KEY, device TEXT NOT NULL, door INTEGER NOT NULL, orderedAt INTEGER NOT NULL, endedAt INTEGER, outcome TEXT
                    ) STRICT;
                    CREATE INDEX openingByDevice ON opening (device, orderedAt);
                    CREATE TABLE printing (
                        id TEXT PRIMARY KEY, device TEXT NOT NULL, reference TEXT, orderedAt INTEGER NOT NULL, accepted INTEGER, sheets INTEGER,
                        taken INTEGER, endedAt INTEGER, outcome TEXT
                    ) STRICT;
                    CREATE INDEX printingByDevice ON printing (device, orderedAt);
                    """)
        }
        migrator.registerMigration("2 tickets of failing commands") { db in
            try db.execute(sql: "ALTER TABLE ticket ADD COLUMN failsCommands INTEGER NOT NULL DEFAULT 0")
        }
        return migrator
    }
}
