import Crypto
import Foundation
import GRDB
import PlatformAPI

/// Bearer tokens: `<name>.<43 characters>`. Only the secret's SHA-256 is stored, so a copy of the database lets nobody in.
struct TokenStore: Sendable {
    enum Role: String, Sendable { case kiosk, `operator` }

    static let operatorName = "operator"

    let database: PlatformDatabase

    /// A new token; a former one of the same name ends with it.
    func issue(_ name: String, role: Role) throws -> String {
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let text = secret.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
        try database.queue.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO token (name, role, digest, created_at) VALUES (?, ?, ?, ?)",
                arguments: [name, role.rawValue, Self.digest(text), Date().seconds])
        }
        return name + "." + text
    }

    /// Who holds that token; nil when nobody does. The time it takes does not depend on how much of the secret is right.
    func principal(token: String) async throws -> Principal? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, token.utf8.count <= 256 else { return nil }
        let name = String(parts[0])
        let stored = try await database.queue.read { db -> (role: String, digest: Data)? in
            try Row.fetchOne(db, sql: "SELECT role, digest FROM token WHERE name = ?", arguments: [name]).map { ($0["role"], $0["digest"]) }
        }
        let presented = Self.digest(String(parts[1]))
        guard Self.equal(presented, stored?.digest ?? Data(count: presented.count)), let role = stored.flatMap({ Role(rawValue: $0.role) }) else {
            return nil
        }
        switch role {
        case .kiosk: return .kiosk(name)
        case .operator: return .operator
        }
    }

    private static func digest(_ secret: String) -> Data {
        Data(SHA256.hash(data: Data(secret.utf8)))
    }

    private static func equal(_ left: Data, _ right: Data) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
