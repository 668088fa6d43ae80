internal import Foundation
internal import GRDB

extension OutboxEntry {
    /// Reads a row of `item`.
    init(row: Row) throws {
        func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
            guard let value = Value.fromDatabaseValue(row[column]) else { throw OutboxError(.corrupt, "column \(column) holds another type") }
            return value
        }
        func id(_ text: String) throws -> UUID {
            guard let id = UUID(uuidString: text) else { throw OutboxError(.corrupt, "an entry's id isn't a UUID") }
            return id
        }
        let dependency: String? = row["dependsOn"]
        let nextAttempt: Int64? = row["nextAttemptAt"]
        let delivered: Int64? = row["deliveredAt"]
        let stateName: String = try value("state")
        guard let state = State(rawValue: stateName) else { throw OutboxError(.corrupt, "unknown state \(stateName)") }
        self.init(
            id: try id(value("id")), sequence: UInt64(bitPattern: try value("sequence") as Int64), kind: try value("kind"),
            reference: try value("reference"), dependsOn: try dependency.map(id), state: state, byteCount: try value("byteCount"),
            digest: try value("digest"), createdAt: Date(milliseconds: try value("createdAt")), attempts: try value("attempts"),
            nextAttemptAt: nextAttempt.map(Date.init(milliseconds:)), lastError: row["lastError"],
            deliveredAt: delivered.map(Date.init(milliseconds:)), acknowledgement: row["acknowledgement"])
    }

    func insert(_ db: Database) throws {
        let sql = """
            INSERT INTO item (sequence, id, kind, reference, dependsOn, state, byteCount, digest, createdAt, blocked)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                ?5 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM item WHERE id = ?5 AND state = 'delivered'))
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            Int64(bitPattern: sequence), id.key, kind, reference, dependsOn?.key, state.rawValue, byteCount, digest, createdAt.milliseconds,
        ])
    }
}

extension UUID {
    /// As it stands in the database and in file names.
    var key: String { uuidString.lowercased() }
}

extension Date {
    /// Since 1970, rounded down, so that a time that has come as a Date has also come as a number.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
