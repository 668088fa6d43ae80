import Foundation
import GRDB
import PlatformAPI

/// One upload as the database knows it.
struct Upload: Sendable, Hashable {
    var header: PacketHeader
    /// SHA-256 of the sealed bytes, as the kiosk announced it
    var sealedDigest: String
    /// bytes of the whole packet
    var length: Int
    /// bytes that are durable
    var offset: Int
    /// When something was last added.
    var touchedAt = Date()

    var isComplete: Bool { offset == length }
}

/// The uploads table. An upload's row outlives its decision: it answers a kiosk that asks again.
struct UploadStore: Sendable {
    let database: PlatformDatabase

    enum Creation: Sendable, Equatable {
        case created
        /// The same packet was announced before.
        case existing(Upload)
        /// The id is taken by something else.
        case conflict
        case tooMany
    }

    func create(_ upload: Upload, maxOpen: Int) async throws -> Creation {
        try await database.queue.write { db in
            if let existing = try Self.fetch(upload.header.id, db) {
                let isSame = existing.header == upload.header && existing.sealedDigest == upload.sealedDigest && existing.length == upload.length
                return isSame ? .existing(existing) : .conflict
            }
            let open =
                try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM upload WHERE kiosk = ? AND offset < length", arguments: [upload.header.kiosk]) ?? 0
            guard open < maxOpen else { return .tooMany }
            try Self.insert(upload, at: Date(), db)
            return .created
        }
    }

    private static func insert(_ upload: Upload, at now: Date, _ db: Database) throws {
        try db.execute(
            sql:
                "INSERT INTO upload (id, kiosk, kind, sequence, sealed_digest, length, offset, created_at, touched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                upload.header.id.wireText, upload.header.kiosk, upload.header.kind.rawValue, String(upload.header.sequence), upload.sealedDigest,
                upload.length, upload.offset, now.seconds, now.seconds,
            ])
    }

    func find(_ id: UUID) async throws -> Upload? {
        try await database.queue.read { db in try Self.fetch(id, db) }
    }

    /// Call only after the file was synchronised: a row never promises more than the disk holds.
    /// Of a packet that is decided nothing changes any more: an import may have been quicker than the network.
    func setOffset(_ offset: Int, of id: UUID) async throws {
        try await database.queue.write { db in
            try db.execute(
                sql: "UPDATE upload SET offset = ?1, touched_at = ?3 WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM decision WHERE id = ?2)",
                arguments: [offset, id.wireText, Date().seconds])
        }
    }

    /// In the transaction that decides on a packet which came by another way than an upload.
    /// - Returns: false when an upload announced other bytes under this id
    static func complete(_ upload: Upload, at now: Date, _ db: Database) throws -> Bool {
        if let existing = try fetch(upload.header.id, db) {
            guard existing.header == upload.header, existing.sealedDigest == upload.sealedDigest, existing.length == upload.length else {
                return false
            }
            try db.execute(sql: "UPDATE upload SET offset = length WHERE id = ?", arguments: [upload.header.id.wireText])
        } else {
            try insert(upload, at: now, db)
        }
        return true
    }

    /// Does something to the file of a packet that isn't decided. An import in another process takes its place and decides in one transaction, too: so
    /// nothing that was accepted is ever touched.
    /// - Returns: nil, without a call of `body`, when it has been decided
    func whileUndecided<Value: Sendable>(_ id: UUID, _ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value? {
        try await database.queue.write { db in
            try DecisionStore.exists(id, db) ? nil : try body(db)
        }
    }

    /// Forgets an upload and its bytes, unless it has been decided.
    /// - Returns: whether it was forgotten
    func discard(_ id: UUID, _ files: PacketFiles) async throws -> Bool {
        try await whileUndecided(id) { db in
            try db.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id.wireText])
            try files.erase(id)
            return true
        } ?? false
    }

    /// Uploads that aren't complete, and to which nothing was added since a date.
    func abandoned(since date: Date) async throws -> [UUID] {
        try await database.queue.read { db in
            try String.fetchAll(db, sql: "SELECT id FROM upload WHERE offset < length AND touched_at < ?", arguments: [date.seconds])
                .compactMap { UUID(wireText: $0) }
        }
    }

    /// Complete uploads without a decision: what a crash left between the last byte and the transaction.
    func undecided() async throws -> [UUID] {
        try await database.queue.read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM upload WHERE offset = length AND id NOT IN (SELECT id FROM decision) ORDER BY created_at, rowid"
            ).compactMap { UUID(wireText: $0) }
        }
    }

    private static func fetch(_ id: UUID, _ db: Database) throws -> Upload? {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM upload WHERE id = ?", arguments: [id.wireText]),
            let kind = PacketKind(rawValue: row["kind"]), let sequence = UInt64(row["sequence"] as String)
        else { return nil }
        return Upload(
            header: PacketHeader(id: id, kind: kind, kiosk: row["kiosk"], sequence: sequence), sealedDigest: row["sealed_digest"],
            length: row["length"], offset: row["offset"], touchedAt: Date(seconds: row["touched_at"]))
    }
}
