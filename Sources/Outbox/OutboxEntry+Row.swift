internal import Foundation
internal import GRDB

extension OutboxEntry {
    /// Reads a row of `item`.
    init(row: Row) throws {
        func id(_ text: String) throws -> UUID {
            guard let id = UUID(uuidString: text) else { throw OutboxError(.corrupt, "an entry's id isn't a UUID") }
            return id
        }
        let dependency: String? = try row.optional("dependsOn")
        let nextAttempt: Int64? = try row.optional("nextAttemptAt")
        let delivered: Int64? = try row.optional("deliveredAt")
        let term: String? = try row.optional("term")
        let place = try term.map { LedgerPlace(term: $0, number: UInt64(bitPattern: try row.value("place") as Int64)) }
        let stateName: String = try row.value("state")
        guard let state = State(rawValue: stateName) else { throw OutboxError(.corrupt, "unknown state \(stateName)") }
        self.init(
            id: try id(row.value("id")), sequence: UInt64(bitPattern: try row.value("sequence") as Int64), kind: try row.value("kind"),
            reference: try row.value("reference"), dependsOn: try dependency.map(id), state: state, byteCount: try row.value("byteCount"),
            digest: try row.value("digest"), createdAt: Date(milliseconds: try row.value("createdAt")), attempts: try row.value("attempts"),
            nextAttemptAt: nextAttempt.map(Date.init(milliseconds:)), lastError: try row.optional("lastError"),
            deliveredAt: delivered.map(Date.init(milliseconds:)), acknowledgement: try row.optional("acknowledgement"), place: place)
    }

    func insert(_ db: Database) throws {
        let sql = """
            INSERT INTO item (sequence, id, kind, reference, dependsOn, state, byteCount, digest, createdAt, blocked)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                ?5 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM item WHERE id = ?5 AND state IN ('delivered', 'archived')))
            """
        try db.cachedStatement(sql: sql).execute(arguments: [
            Int64(bitPattern: sequence), id.key, kind, reference, dependsOn?.key, state.rawValue, byteCount, digest, createdAt.milliseconds,
        ])
    }
}

extension Row {
    /// GRDB's own subscripts end the process at a value of another type, which a damaged page may hold.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard let value: Value = try optional(column) else { throw OutboxError(.corrupt, "column \(column) is empty") }
        return value
    }

    func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        let stored: DatabaseValue = self[column]
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else { throw OutboxError(.corrupt, "column \(column) holds another type") }
        return value
    }
}

extension UUID {
    /// As it stands in the database and in file names.
    var key: String { withUnsafeBytes(of: uuid) { Hexadecimal.text($0, dashes: Self.dashes) } }

    private static let dashes: Set<Int> = [4, 6, 8, 10]
}

extension Date {
    /// Since 1970, rounded down, so that a time that has come as a Date has also come as a number.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
