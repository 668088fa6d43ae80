public import Foundation

/// The platform's signed word that kiosks are to seal to a key, and so by which profile. Of several the one with the highest generation holds; an older one, played back, changes nothing.
public struct SealingKeyStatement: Sendable, Codable, Hashable {
    public var key: SealingKey
    /// Counts the platform's keys from 1.
    public var generation: UInt64
    /// 64 bytes: Ed25519 by the acknowledgement key, see docs/sealed-packet.md
    public var signature: Data

    /// True only for an unchanged statement signed by that key.
    public func verify(with key: AcknowledgementKey) -> Bool {
        key.verify(signature, of: Self.canonicalBytes(self.key, generation: generation))
    }

    static func canonicalBytes(_ key: SealingKey, generation: UInt64) -> Data {
        // Version 1 knew of one profile; what was signed of its keys stays true.
        var bytes = CanonicalBytes(domain: key.profile == .international ? "CivicKiosk sealing key v1" : "CivicKiosk sealing key v2")
        bytes.append(generation)
        if key.profile != .international { bytes.append(key.profile.code) }
        bytes.append(fixed: key.publicKey)
        return bytes.data
    }
}

extension AcknowledgementSigner {
    /// - Parameter generation: counts the platform's keys from 1
    public func sign(_ key: SealingKey, generation: UInt64) throws -> SealingKeyStatement {
        SealingKeyStatement(key: key, generation: generation, signature: try sign(SealingKeyStatement.canonicalBytes(key, generation: generation)))
    }
}
