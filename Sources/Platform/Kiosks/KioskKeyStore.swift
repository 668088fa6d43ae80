import Foundation
import GRDB
import PlatformAPI

/// Which keys each kiosk was enrolled with. None is ever taken away: a packet that was signed years ago must still be known for its kiosk's.
struct KioskKeyStore: Sendable {
    let database: PlatformDatabase

    func insert(_ key: KioskKey, of kiosk: String) throws {
        try database.queue.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO kiosk_key (kiosk, id, profile, public_key, created_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [kiosk, key.id, key.profile.rawValue, key.publicKey, Date().seconds])
        }
    }

    func keys(of kiosk: String) async throws -> [KioskKey] {
        let rows = try await database.queue.read { db in
            try Row.fetchAll(db, sql: "SELECT profile, public_key FROM kiosk_key WHERE kiosk = ? ORDER BY created_at DESC", arguments: [kiosk])
                .map { row -> (profile: String, publicKey: Data) in (row["profile"], row["public_key"]) }
        }
        // One of a profile that only a later version knows, or that OpenSSL lacks here, is as good as missing: what it signed waits.
        return try rows.compactMap { row in
            guard let profile = CryptoProfile(rawValue: row.profile) else { return nil }
            do { return try KioskKey(publicKey: row.publicKey, profile: profile) } catch KioskKeyError.unsupported { return nil }
        }
    }
}
