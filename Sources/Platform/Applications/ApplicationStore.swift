import Foundation
import GRDB
import KioskModel
import PlatformAPI

/// 办件 and their 材料. Only what is not personal is in the tables; the rest stays in the sealed packets.
struct ApplicationStore: Sendable {
    let database: PlatformDatabase
    /// Service items by code.
    let items: [String: ServiceItem]
    /// bytes of plaintext that a material's packet may hold
    let maxMaterialSize: Int

    struct Manifest: Sendable {
        var byteCount: Int
        var digest: String
    }

    func manifest(of material: UUID, kiosk: String) async throws -> Manifest? {
        try await database.queue.read { db in try Self.manifest(of: material, kiosk: kiosk, db) }
    }

    /// Checks a submission against the catalogue and gives it its number.
    /// - Throws: `RejectionReason`.
    func prepare(_ submission: ApplicationSubmission, at now: Date, _ db: Database) throws -> String {
        guard let item = items[submission.itemCode] else { throw RejectionReason.unknownItem }
        guard (1...64).contains(submission.reference.utf8.count), submission.materials.count <= 64 else { throw RejectionReason.malformedSubmission }
        var ids: Set<UUID> = [submission.id]
        for material in submission.materials {
            guard let requirement = item.materials.first(where: { $0.id == material.requirement }), material.id.isVersion7,
                ids.insert(material.id).inserted, (1...requirement.maxPages).contains(material.pageCount), material.digest.isSHA256,
                (1...maxMaterialSize).contains(material.byteCount), Self.mediaTypes.contains(material.mediaType)
            else { throw RejectionReason.invalidMaterial }
            let isTaken = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM material WHERE id = ?1) OR EXISTS (SELECT 1 FROM upload WHERE id = ?1)",
                arguments: [material.id.wireText])
            guard isTaken != true else { throw RejectionReason.invalidMaterial }
        }
        return try ApplicationNumber.next(itemCode: item.code, at: now, db)
    }

    func insert(_ submission: ApplicationSubmission, number: String, at now: Date, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO application (id, number, reference, kiosk, item_code, submitted_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                submission.id.wireText, number, submission.reference, submission.kiosk, submission.itemCode, submission.submittedAt.seconds,
                now.seconds,
            ])
        for (position, material) in submission.materials.enumerated() {
            try db.execute(
                sql: """
                    INSERT INTO material (id, application_id, position, requirement, media_type, page_count, byte_count, digest)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    material.id.wireText, submission.id.wireText, position, material.requirement, material.mediaType, material.pageCount,
                    material.byteCount, material.digest,
                ])
        }
    }

    /// - Throws: `RejectionReason.manifestMismatch` when the bytes are not the announced ones.
    func checkMaterial(_ header: PacketHeader, byteCount: Int, digest: String, _ db: Database) throws {
        guard let manifest = try Self.manifest(of: header.id, kiosk: header.kiosk, db), manifest.byteCount == byteCount, manifest.digest == digest
        else { throw RejectionReason.manifestMismatch }
    }

    func markReceived(_ material: UUID, at now: Date, _ db: Database) throws {
        try db.execute(sql: "UPDATE material SET received_at = ? WHERE id = ?", arguments: [now.seconds, material.wireText])
    }

    /// Oldest first.
    /// - Parameter after: the last id of the page before.
    func list(after: UUID?, limit: Int) async throws -> [ApplicationSummary] {
        try await database.queue.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM application WHERE rowid > COALESCE((SELECT rowid FROM application WHERE id = ?), 0) ORDER BY rowid LIMIT ?",
                arguments: [after?.wireText, limit])
            return try rows.compactMap { try Self.summary($0, db) }
        }
    }

    func find(_ id: UUID) async throws -> ApplicationSummary? {
        try await database.queue.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM application WHERE id = ?", arguments: [id.wireText]).flatMap { try Self.summary($0, db) }
        }
    }

    /// The packets of an application's materials, as it announced them.
    static func materials(of application: UUID, _ db: Database) throws -> [UUID] {
        try String.fetchAll(db, sql: "SELECT id FROM material WHERE application_id = ? ORDER BY position", arguments: [application.wireText])
            .compactMap { UUID(wireText: $0) }
    }

    /// What a kiosk may send as a material.
    private static let mediaTypes: Set<String> = ["application/pdf", "image/jpeg"]

    private static func manifest(of material: UUID, kiosk: String, _ db: Database) throws -> Manifest? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT byte_count, material.digest FROM material JOIN application ON application.id = application_id
                WHERE material.id = ? AND application.kiosk = ?
                """, arguments: [material.wireText, kiosk]
        ).map { Manifest(byteCount: $0["byte_count"], digest: $0["digest"]) }
    }

    private static func summary(_ row: Row, _ db: Database) throws -> ApplicationSummary? {
        guard let id = UUID(wireText: row["id"] as String) else { return nil }
        let materials = try Row.fetchAll(
            db, sql: "SELECT * FROM material WHERE application_id = ? ORDER BY position", arguments: [id.wireText]
        ).compactMap { row -> ApplicationSummary.Material? in
            guard let id = UUID(wireText: row["id"] as String) else { return nil }
            let receivedAt: Int64? = row["received_at"]
            return .init(
                id: id, requirement: row["requirement"], mediaType: row["media_type"], pageCount: row["page_count"], byteCount: row["byte_count"],
                digest: row["digest"], receivedAt: receivedAt.map(Date.init(seconds:)))
        }
        return ApplicationSummary(
            id: id, number: row["number"], reference: row["reference"], kiosk: row["kiosk"], itemCode: row["item_code"],
            status: materials.allSatisfy { $0.receivedAt != nil } ? .complete : .awaitingMaterials,
            submittedAt: Date(seconds: row["submitted_at"]), receivedAt: Date(seconds: row["received_at"]), materials: materials)
    }
}
