import Foundation
import GRDB
import PlatformAPI

/// What the platform decided on a packet; it never changes.
struct Decision: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case accepted(SignedAcknowledgement)
        case rejected(RejectionReason)
    }

    var kiosk: String
    var outcome: Outcome
}

struct DecisionStore: Sendable {
    let database: PlatformDatabase

    func find(_ id: UUID) async throws -> Decision? {
        try await database.queue.read { db in try Self.find(id, db) }
    }

    static func find(_ id: UUID, _ db: Database) throws -> Decision? {
        guard let row = try Row.fetchOne(db, sql: "SELECT kiosk, acknowledgement, rejection FROM decision WHERE id = ?", arguments: [id.wireText])
        else { return nil }
        if let data: Data = row["acknowledgement"] {
            return Decision(kiosk: row["kiosk"], outcome: .accepted(try PlatformJSON.decode(SignedAcknowledgement.self, from: data)))
        }
        // A reason written by a newer version is still a rejection.
        return Decision(kiosk: row["kiosk"], outcome: .rejected(RejectionReason(rawValue: row["rejection"] ?? "") ?? .unsupportedFormat))
    }

    /// - Returns: false when it was decided before
    func reject(_ header: PacketHeader, _ reason: RejectionReason) async throws -> Bool {
        try await database.queue.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO decision (id, kiosk, rejection, decided_at) VALUES (?, ?, ?, ?)",
                arguments: [header.id.wireText, header.kiosk, reason.rawValue, Date().seconds])
            return db.changesCount == 1
        }
    }

    /// All of `work` or nothing of it, durable on return.
    func transaction(_ work: @escaping @Sendable (Database, Date) throws -> Void) async throws {
        try await database.queue.write { db in try work(db, Date()) }
    }

    static func exists(_ id: UUID, _ db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM decision WHERE id = ?)", arguments: [id.wireText]) ?? false
    }

    static func insert(_ signed: SignedAcknowledgement, _ db: Database) throws {
        let acknowledgement = signed.acknowledgement
        try db.execute(
            sql: "INSERT INTO decision (id, kiosk, acknowledgement, decided_at, term, number) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                acknowledgement.id.wireText, acknowledgement.kiosk, try PlatformJSON.encode(signed), acknowledgement.acceptedAt.seconds,
                acknowledgement.term.wireText, Int64(bitPattern: acknowledgement.number),
            ])
    }
}
