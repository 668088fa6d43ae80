internal import Dispatch
public import Foundation
internal import GRDB
public import KioskRuntime
public import LocalAPI
internal import KioskModel
internal import PlatformAPI
internal import Synchronization

/// The devices' records in one SQLite database, `devices.db`: WAL mode at synchronous=FULL, on one connection, whose calls run one after the other on a
/// queue of their own.
///
/// Rows are kept for `keptFor`, and no more than `maxRows` of a kind; what is older goes at the opening and then daily. Nothing in them is personal.
public final class DeviceDatabase: DeviceRecords {
    /// How long doors and prints are remembered: two years, as long as somebody may ask for them.
    public static let keptFor: TimeInterval = 2 * 366 * 86_400

    /// Doors, and prints: 600 a day for all that time, some 50 MB. Closed tickets: a hundredth.
    public static let maxRows = 440_000

    let database: DatabaseQueue
    private let limit: Int
    /// When old rows were deleted last, and the rows that came since; used on the queue only.
    private let tidied: Mutex<(at: Date, rows: Int)>
    private let queue = DispatchQueue(label: "devices.db")

    /// Opens or makes `devices.db` in `directory`, which exists. Blocks. Throws `Damaged` when SQLite can't use what it finds, `Unavailable` otherwise.
    public convenience init(directory: URL, now: Date = Date()) throws {
        try self.init(directory: directory, now: now, limit: Self.maxRows)
    }

    init(directory: URL, now: Date, limit: Int) throws {
        database = try Self.opened(directory.appendingPathComponent(Self.fileName).path, now: now, limit: limit)
        self.limit = limit
        tidied = Mutex((now, 0))
    }

    static let fileName = "devices.db"

    /// Lays a database that can't be used beside the new one, for whoever may still read it.
    public static func setAside(in directory: URL, at date: Date) throws {
        for suffix in ["", "-wal", "-shm"] {
            let name = fileName + suffix
            let from = directory.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: from.path) else { continue }
            let to = directory.appendingPathComponent("damaged-\(date.milliseconds)-\(name)")
            try FileManager.default.moveItem(at: from, to: to)
        }
    }

    /// What lies there is no database, or not a whole one.
    public struct Damaged: Error, CustomStringConvertible {
        public let description: String
    }

    /// The disk is full, fails, or another process holds the database: trying again later may do.
    public struct Unavailable: Error, CustomStringConvertible {
        public let description: String
    }

    private static func opened(_ path: String, now: Date, limit: Int) throws -> DatabaseQueue {
        do {
            var configuration = Configuration()
            configuration.label = "devices"
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try database.inDatabase { db in
                // Not GRDB's own journalMode, which sets synchronous=NORMAL behind any preparation.
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: "PRAGMA synchronous = FULL")
                let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                guard mode == "wal", synchronous == 2 else { throw Damaged(description: "SQLite refused WAL or synchronous=FULL") }
                if let fault = try String.fetchOne(db, sql: "PRAGMA quick_check(1)"), fault != "ok" { throw Damaged(description: fault) }
            }
            try migrator.migrate(database)
            try database.write { try tidy($0, now: now, limit: limit) }
            return database
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT].contains(error.resultCode) {
            throw Damaged(description: "\(error.message ?? "no message") (\(error.extendedResultCode.rawValue))")
        } catch let error as DatabaseError {
            throw Unavailable(description: "SQLite: \(error.message ?? "no message") (\(error.extendedResultCode.rawValue))")
        }
    }

    private static func tidy(_ db: Database, now: Date, limit: Int) throws {
        for (table, column, most) in [("opening", "orderedAt", limit), ("printing", "orderedAt", limit), ("ticket", "closedAt", limit / 100)] {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE \(column) < ? OR \(column) IS NOT NULL AND rowid <= (SELECT max(rowid) FROM \(table)) - ?",
                arguments: [(now - keptFor).milliseconds, most])
        }
    }

    /// With a row that comes: once a day, and after a hundredth of the rows that may be. Growth is bounded also for a device that does nothing but come and
    /// go, under a clock that stands still.
    private func tidyWhenDue(_ db: Database, at date: Date) throws {
        let isDue = tidied.withLock { tidied in
            tidied.rows += 1
            guard abs(date.timeIntervalSince(tidied.at)) >= 86_400 || tidied.rows * 100 >= limit else { return false }
            tidied = (date, 0)
            return true
        }
        if isDue { try Self.tidy(db, now: date, limit: limit) }
    }

    /// Runs on the queue; a transaction.
    private func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [database] in continuation.resume(with: Result { try database.write(body) }) }
        }
    }

    // MARK: Counters and tickets

    public func histories() async throws -> [String: DeviceHistory] {
        try await write { db in
            var histories: [String: DeviceHistory] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT device, uses, failures, busyMilliseconds FROM counter") {
                let counters = DeviceCounters(uses: row["uses"], failures: row["failures"], busyMilliseconds: row["busyMilliseconds"])
                histories[row["device"], default: DeviceHistory()].counters = counters
            }
            for row in try Row.fetchAll(db, sql: "SELECT * FROM ticket WHERE closedAt IS NULL ORDER BY firstSeen") {
                guard let ticket = DeviceTicket(row) else { continue }
                histories[ticket.device, default: DeviceHistory()].ticket = ticket
            }
            return histories
        }
    }

    public func count(_ counters: DeviceCounters, on device: String) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO counter (device, uses, failures, busyMilliseconds) VALUES (?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET
                        uses = uses + excluded.uses, failures = failures + excluded.failures,
                        busyMilliseconds = busyMilliseconds + excluded.busyMilliseconds
                    """, arguments: [device, counters.uses, counters.failures, counters.busyMilliseconds])
        }
    }

    public func keep(_ ticket: DeviceTicket) async throws {
        try await write { [self] db in
            let now = Date()
            try tidyWhenDue(db, at: now)
            // A device has one open ticket. An older one is left over from a time in which its end couldn't be written.
            try db.execute(
                sql: "UPDATE ticket SET closedAt = ? WHERE device = ? AND id <> ? AND firstSeen <= ? AND closedAt IS NULL",
                arguments: [now.milliseconds, ticket.device, ticket.id.wireText, ticket.firstSeen.milliseconds])
            try db.execute(
                sql: """
                    INSERT INTO ticket (id, device, code, action, detail, firstSeen, tried, failsCommands) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (id) DO UPDATE SET code = excluded.code, action = excluded.action, detail = excluded.detail,
                            tried = excluded.tried, failsCommands = excluded.failsCommands
                    """,
                arguments: [
                    ticket.id.wireText, ticket.device, ticket.fault.code, ticket.fault.action.rawValue, ticket.fault.detail,
                    ticket.firstSeen.milliseconds, ticket.tried.map(\.rawValue).joined(separator: " "), ticket.failsCommands == true,
                ])
        }
    }

    public func close(ticket: UUID, at date: Date) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE ticket SET closedAt = ? WHERE id = ? AND closedAt IS NULL", arguments: [date.milliseconds, ticket.wireText])
        }
    }

    // MARK: Acts

    public func begin(_ act: DeviceAct, on device: String, at date: Date) async throws -> UUID {
        let id = UUID.v7(at: date)
        try await write { [self] db in
            try tidyWhenDue(db, at: date)
            switch act {
            case .opening(let door):
                try db.execute(
                    sql: "INSERT INTO opening (id, device, door, orderedAt) VALUES (?, ?, ?, ?)",
                    arguments: [id.wireText, device, door, date.milliseconds])
            case .printing(let reference):
                try db.execute(
                    sql: "INSERT INTO printing (id, device, reference, orderedAt) VALUES (?, ?, ?, ?)",
                    arguments: [id.wireText, device, reference, date.milliseconds])
            }
        }
        return id
    }

    public func note(_ fact: DeviceAct.Fact, of act: UUID) async throws {
        try await write { db in
            let id = act.wireText
            switch fact {
            case .accepted: try db.execute(sql: "UPDATE printing SET accepted = 1 WHERE id = ?", arguments: [id])
            case .taken: try db.execute(sql: "UPDATE printing SET taken = 1 WHERE id = ?", arguments: [id])
            case .ended(let outcome, let sheets, let date):
                try db.execute(
                    sql: "UPDATE opening SET outcome = ?, endedAt = ? WHERE id = ? AND outcome IS NULL", arguments: [outcome, date.milliseconds, id])
                try db.execute(
                    sql: "UPDATE printing SET outcome = ?, endedAt = ?, sheets = ? WHERE id = ? AND outcome IS NULL",
                    arguments: [outcome, date.milliseconds, sheets, id])
            }
        }
    }

    public func log(of device: String, limit: Int) async throws -> [DeviceLogEntry] {
        try await write { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT 'opening' AS kind, id, device, orderedAt, endedAt, outcome, door, NULL AS reference, NULL AS accepted, NULL AS sheets,
                        NULL AS taken FROM opening WHERE device = :device
                    UNION ALL
                    SELECT 'printing', id, device, orderedAt, endedAt, outcome, NULL, reference, accepted, sheets, taken FROM printing
                        WHERE device = :device
                    ORDER BY orderedAt DESC, id DESC LIMIT :limit
                    """, arguments: ["device": device, "limit": limit]
            ).compactMap(DeviceLogEntry.init)
        }
    }
}

extension Date {
    /// Since 1970, as the columns keep it.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
