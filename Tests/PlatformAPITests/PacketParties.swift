import Foundation
import PlatformAPI
import Testing

/// Of which profiles the platform's key and the kiosk's are. Every pair: a kiosk may be enrolled with a key of one before or after the platform's is
/// rotated to the other.
struct Parties: Sendable, CustomTestStringConvertible {
    var sealing: CryptoProfile
    var signing: CryptoProfile

    static let all = CryptoProfile.allCases.flatMap { sealing in CryptoProfile.allCases.map { Self(sealing: sealing, signing: $0) } }

    var testDescription: String { "sealed \(sealing), signed \(signing)" }
}

/// A platform's key, a kiosk's, and what the one says to the other.
struct Sealing {
    let key: SealingPrivateKey
    let signer: KioskPrivateKey
    let header = PacketHeader(id: .v7(at: Date()), kind: .material, kiosk: "kiosk-1", sequence: 7)
    let label = PacketLabel(reference: "K1-0001", dependsOn: .v7(at: Date()))
    /// bytes of the prefix, with the encapsulated key
    let prefixSize: Int
    /// bytes of a chunk around its plaintext
    let chunkOverhead: Int

    init(_ parties: Parties) throws {
        key = try SealingPrivateKey(profile: parties.sealing)
        signer = try KioskPrivateKey(profile: parties.signing)
        prefixSize = try PacketPrefix(header: header, label: label, sealingKey: key.publicKey, kioskKey: signer.publicKey).size
        chunkOverhead = parties.sealing == .international ? 24 : 40
    }

    static func bytes(_ count: Int) -> Data {
        Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
    }

    func sealer(_ header: PacketHeader? = nil, label: PacketLabel? = nil) throws -> PacketSealer {
        try PacketSealer(header: header ?? self.header, label: label ?? self.label, key: key.publicKey, signedBy: signer.publicKey)
    }

    func sealed(_ plaintext: Data, label: PacketLabel? = nil) throws -> Data {
        try PacketSealer.seal(plaintext, header: header, label: label ?? self.label, key: key.publicKey, signer: signer)
    }

    func opener() -> PacketOpener {
        PacketOpener(header: header, privateKeys: [key], kioskKeys: [signer.publicKey])
    }

    func failure(
        _ packet: Data, header: PacketHeader? = nil, key: SealingPrivateKey? = nil, signers: [KioskKey]? = nil
    ) -> PacketError? {
        do {
            _ = try PacketOpener.open(
                packet, header: header ?? self.header, privateKeys: [key ?? self.key], kioskKeys: signers ?? [signer.publicKey])
            return nil
        } catch {
            return error as? PacketError
        }
    }
}
