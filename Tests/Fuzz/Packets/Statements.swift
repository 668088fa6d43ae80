import Foundation
@testable import PlatformAPI

/// What the platform signs, as a kiosk reads it. Nothing but the signed statement itself may pass under its signature, however it is spelled; and
/// what a platform can say survives being written, read and kept.
enum Statements {
    private static let acknowledgement = GenuinePacket.fixed {
        try GenuinePacket.platform.sign(
            Acknowledgement(
                id: GenuinePacket.all[0].header.id, kiosk: "kiosk-1", sequence: 1, kind: .application,
                sealedDigest: String(repeating: "0f", count: 32),
                plaintextDigest: String(repeating: "a5", count: 32), applicationNumber: "K1-0001", term: term(1), number: 7,
                acceptedAt: Date(timeIntervalSince1970: 1_795_000_000)))
    }
    private static let ledger = GenuinePacket.fixed {
        try GenuinePacket.platform.sign(
            LedgerStatement(
                kiosk: "kiosk-1", nonce: Data(repeating: 9, count: LedgerStatement.nonceSize), term: term(2),
                extents: [.init(term: term(1), through: 7), .init(term: term(2), through: 1)], watermark: 5))
    }
    private static let sealingKey = GenuinePacket.fixed { try GenuinePacket.platform.sign(GenuinePacket.strangersKey.publicKey, generation: 2) }
    private static let nationalKey = GenuinePacket.fixed { try GenuinePacket.platform.sign(GenuinePacket.nationalKey.publicKey, generation: 3) }

    private static let key = GenuinePacket.fixed { GenuinePacket.platform.publicKey }

    static func judge(_ input: Data) {
        if let read = try? PlatformJSON.decode(SignedAcknowledgement.self, from: input) { judge(read) }
        if let read = try? PlatformJSON.decode(SignedLedgerStatement.self, from: input) { judge(read) }
        if let read = try? PlatformJSON.decode(SealingKeyStatement.self, from: input) {
            judge(read, sealingKey)
            judge(read, nationalKey)
        }
        // What is said unsigned, or kept in files.
        _ = try? PlatformJSON.decode(PlatformInfo.self, from: input)
        _ = try? PlatformJSON.decode(KioskCredential.self, from: input)
        _ = try? PlatformJSON.decode(ApplicationSubmission.self, from: input)
    }

    private static func judge(_ read: SignedAcknowledgement) {
        let isGenuine = isSame(read.acknowledgement, acknowledgement.acknowledgement)
        demand(isGenuine || !read.verify(with: key), "an acknowledgement that nobody signed")
        let forged = SignedAcknowledgement(acknowledgement: read.acknowledgement, keyID: read.keyID, signature: acknowledgement.signature)
        demand(forged.verify(with: key) == isGenuine, "another acknowledgement under a signature")
        // A platform's clock stands between 1970 and the year 10000.
        guard (0..<253_402_300_800).contains(read.acknowledgement.acceptedAt.timeIntervalSince1970) else { return }
        let again = sent { try GenuinePacket.platform.sign(read.acknowledgement) }
        demand(again.verify(with: key) && isSame(again.acknowledgement, read.acknowledgement), "an acknowledgement that was signed isn't believed")
    }

    private static func judge(_ read: SignedLedgerStatement) {
        let isGenuine = isSame(read.statement, ledger.statement)
        var forged = read
        forged.signature = ledger.signature
        // A kiosk believes one with its own nonce only.
        if read.statement.nonce == ledger.statement.nonce {
            demand(isGenuine || !read.verify(with: key), "a ledger that nobody signed")
            demand(forged.verify(with: key) == isGenuine, "another ledger under a signature")
        }
        let again = sent { try GenuinePacket.platform.sign(read.statement) }
        demand(again.verify(with: key) && isSame(again.statement, read.statement), "a ledger that was signed isn't believed")
    }

    private static func judge(_ read: SealingKeyStatement, _ signed: SealingKeyStatement) {
        let isGenuine = read.key == signed.key && read.generation == signed.generation
        let isSigned = [sealingKey, nationalKey].contains { $0.key == read.key && $0.generation == read.generation }
        demand(isSigned || !read.verify(with: key), "a sealing key that nobody signed")
        var forged = read
        forged.signature = signed.signature
        demand(forged.verify(with: key) == isGenuine, "another sealing key under a signature")
        let again = sent { try GenuinePacket.platform.sign(read.key, generation: read.generation) }
        demand(
            again.verify(with: key) && again.key == read.key && again.generation == read.generation, "a sealing key that was signed isn't believed")
    }

    /// What the other end makes of it.
    private static func sent<Value: Codable>(_ sign: () throws -> Value) -> Value {
        do {
            return try PlatformJSON.decode(Value.self, from: PlatformJSON.encode(sign()))
        } catch {
            give("what a platform signed isn't understood: \(error)")
        }
    }

    /// Texts are compared by their bytes too: to Swift, the sign of the kelvin is the letter K.
    private static func isSame<Value: Codable & Equatable>(_ one: Value, _ other: Value) -> Bool {
        guard one == other, let bytes = try? PlatformJSON.encode(one) else { return false }
        return bytes == (try? PlatformJSON.encode(other))
    }

    private static func term(_ number: UInt8) -> UUID {
        UUID(uuid: (number, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, number))
    }
}
