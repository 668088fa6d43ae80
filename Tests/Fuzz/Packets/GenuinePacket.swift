import Crypto
import Foundation
@testable import PlatformAPI

/// What a kiosk with fixed keys sealed to a platform with fixed keys: an application, and materials of several chunks, of nothing, and of exactly one
/// chunk; then the same by the national profile, and one whose signature is of the other. Sealing draws a key of its own, so that their bytes are others
/// with each start of the target.
struct GenuinePacket {
    let header: PacketHeader
    let plaintext: Data
    /// Prefix with the encapsulated key, each frame, signature.
    let parts: [Data]

    var bytes: Data { parts.reduce(Data(), +) }

    /// Whether these are its first chunks, or all of it.
    func isPlaintext(_ bytes: Data, isWhole: Bool) -> Bool {
        isWhole
            ? bytes == plaintext
            : plaintext.starts(with: bytes) && (bytes.count.isMultiple(of: PacketFormat.chunkSize) || bytes.count == plaintext.count)
    }

    /// The keys of nobody: fixed, so that seeds and what was found open again.
    static let sealingKey = fixed { try SealingPrivateKey(rawRepresentation: Data(repeating: 0x51, count: 32)) }
    static let strangersKey = fixed { try SealingPrivateKey(rawRepresentation: Data(repeating: 0x52, count: 32)) }
    static let signer = fixed { try FixedSigner() }
    static let nationalKey = fixed { try SealingPrivateKey(rawRepresentation: Data(FixedNationalKeys.platform.utf8)) }
    static let nationalSigner = fixed { try FixedNationalSigner() }
    static let platform = fixed { try AcknowledgementSigner(rawRepresentation: Data(repeating: 0x53, count: 32)) }

    static let all = fixed {
        [
            try Self(1, .application, Data(#"{"reference":"K1-0001"}"#.utf8)),
            try Self(2, .material, pattern(2 * PacketFormat.chunkSize + 100), after: 1),
            try Self(3, .material, Data(), after: 1), try Self(4, .material, pattern(PacketFormat.chunkSize), after: 1),
            try Self(5, .application, Data(#"{"reference":"K1-0001"}"#.utf8), nationalKey, nationalSigner),
            try Self(6, .material, pattern(2 * PacketFormat.chunkSize + 100), after: 5, nationalKey, nationalSigner),
            try Self(7, .material, Data(), after: 5, nationalKey, nationalSigner),
            try Self(8, .material, pattern(PacketFormat.chunkSize), after: 5, nationalKey, signer),
        ]
    }

    private init(
        _ sequence: UInt64, _ kind: PacketKind, _ plaintext: Data, after: UInt64? = nil, _ key: SealingPrivateKey = sealingKey,
        _ signer: any KioskSigner = signer
    ) throws {
        header = PacketHeader(id: Self.id(sequence), kind: kind, kiosk: "kiosk-1", sequence: sequence)
        self.plaintext = plaintext
        let label = PacketLabel(reference: "K1-0001", dependsOn: after.map(Self.id))
        var sealer = try PacketSealer(header: header, label: label, key: key.publicKey, signedBy: signer.publicKey)
        var parts = [sealer.prefix]
        var rest = plaintext[...]
        repeat {
            let chunk = rest.prefix(PacketFormat.chunkSize)
            rest = rest.dropFirst(chunk.count)
            var part = Data()
            try sealer.seal(Data(chunk), isLast: rest.isEmpty) { part.append($0) }
            parts.append(part)
        } while !rest.isEmpty
        let digest = parts.reduce(into: Digest()) { $0.update($1) }
        parts.append(try signer.signature(ofPacket: sealer.ownDigest ?? digest.bytes))
        self.parts = parts
    }

    private static func id(_ sequence: UInt64) -> UUID {
        UUID(uuid: (1, 0x8F, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, UInt8(truncatingIfNeeded: sequence)))
    }

    private static func pattern(_ count: Int) -> Data {
        Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
    }

    /// What the target keeps for as long as it runs. Foundation's Data has its pointer in a form that the search for leaks doesn't know for one.
    static func fixed<Value>(_ make: () throws -> Value) -> Value {
        leaksMayBegin()
        defer { leaksMayEnd() }
        do { return try make() } catch { give("the target's own packets: \(error)") }
    }
}

@_silgen_name("__lsan_disable") private func leaksMayBegin()
@_silgen_name("__lsan_enable") private func leaksMayEnd()

/// A kiosk's key that is the same at each start.
struct FixedSigner: KioskSigner {
    private let key: P256.Signing.PrivateKey
    let publicKey: KioskKey

    init() throws {
        key = try P256.Signing.PrivateKey(rawRepresentation: Data(repeating: 0x54, count: 32))
        publicKey = try KioskKey(publicKey: key.publicKey.x963Representation)
    }

    func sign(_ bytes: Data) throws -> Data { try key.signature(for: bytes).rawRepresentation }
}

/// The same of SM2.
struct FixedNationalSigner: KioskSigner {
    private let key: SM2Key
    let publicKey: KioskKey

    init() throws {
        key = try SM2Key(pem: FixedNationalKeys.kiosk)
        publicKey = try KioskKey(publicKey: key.point, profile: .national)
    }

    func sign(_ bytes: Data) throws -> Data { try key.sign(bytes) }
}

private enum FixedNationalKeys {
    static let platform = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgKQ1BKTooW+OWP+gZ
        ZaIyoRDTK1wJ4MipamwyYMZzlqihRANCAASQ2MuCzoxhhpzRb3xAPupD20/1wk2D
        tg5CCgtk2iD/RwlexcHaI+Xs0GlxseVu1vLo3vbPAU2Prkwoyvtb8sqv
        -----END PRIVATE KEY-----
        """
    static let kiosk = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgjlBFTcDtMCaJJrXf
        YRs3Pm/E9u6YB3WkiB2gZlxNMXShRANCAAQPWSzvR2qeRkzxSsiBaR+K59YP7hBc
        0OCgBWuPEXpEpS/kpZ02ZyYwy3WYSvQZ1fF1VtI7rJBDdBKzWFBMTFAL
        -----END PRIVATE KEY-----
        """
}
