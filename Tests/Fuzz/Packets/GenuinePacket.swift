import Crypto
import Foundation
@testable import PlatformAPI

/// What a kiosk with fixed keys sealed to a platform with fixed keys: an application, and materials of several chunks, of nothing, and of exactly one
/// chunk. Sealing draws a key of its own, so that their bytes are others with each start of the target.
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
    static let platform = fixed { try AcknowledgementSigner(rawRepresentation: Data(repeating: 0x53, count: 32)) }

    static let all = fixed {
        [
            try Self(1, .application, Data(#"{"reference":"K1-0001"}"#.utf8)),
            try Self(2, .material, pattern(2 * PacketFormat.chunkSize + 100), after: 1),
            try Self(3, .material, Data(), after: 1), try Self(4, .material, pattern(PacketFormat.chunkSize), after: 1),
        ]
    }

    private init(_ sequence: UInt64, _ kind: PacketKind, _ plaintext: Data, after: UInt64? = nil) throws {
        header = PacketHeader(id: Self.id(sequence), kind: kind, kiosk: "kiosk-1", sequence: sequence)
        self.plaintext = plaintext
        let label = PacketLabel(reference: "K1-0001", dependsOn: after.map(Self.id))
        var sealer = try PacketSealer(header: header, label: label, key: Self.sealingKey.publicKey, signedBy: Self.signer.publicKey)
        var parts = [sealer.prefix]
        var rest = plaintext[...]
        repeat {
            let chunk = rest.prefix(PacketFormat.chunkSize)
            rest = rest.dropFirst(chunk.count)
            parts.append(try sealer.seal(Data(chunk), isLast: rest.isEmpty))
        } while !rest.isEmpty
        let digest = parts.reduce(into: Digest()) { $0.update($1) }
        parts.append(try Self.signer.signature(ofPacket: digest.bytes))
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
