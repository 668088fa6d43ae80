public import Foundation

/// What a platform has, and has had before its last backup was restored: `GET /v1/ledger`, signed.
///
/// The ledger counts the packets that were taken. Each start of a platform begins a term with a random id; a packet's place is its term and number. A platform that was
/// restored from a backup doesn't know the terms begun since, nor how far the one went on in which the backup was made: so a kiosk finds what it must send again,
/// whatever the numbers have become since.
public struct LedgerStatement: Sendable, Codable, Hashable {
    /// How far a term goes.
    public struct Extent: Sendable, Codable, Hashable {
        public var term: UUID
        /// The last number of the ledger that was given in it.
        public var through: UInt64

        public init(term: UUID, through: UInt64) {
            self.term = term
            self.through = through
        }
    }

    /// Whom it was said to.
    public var kiosk: String
    /// 16 bytes, those of the question.
    public var nonce: Data
    /// The term that the platform is in.
    public var term: UUID
    /// Of the terms that were asked for, those that this platform knows.
    public var extents: [Extent]
    /// Everything up to this number is in a backup, and needn't be kept for the platform's sake; 0 for nothing.
    public var watermark: UInt64

    public init(kiosk: String, nonce: Data, term: UUID, extents: [Extent], watermark: UInt64) {
        self.kiosk = kiosk
        self.nonce = nonce
        self.term = term
        self.extents = extents
        self.watermark = watermark
    }

    /// bytes of a nonce
    public static let nonceSize = 16
    /// How many terms may be asked for at once.
    public static let mostTerms = 64

    var canonicalBytes: Data {
        var bytes = CanonicalBytes(domain: "CivicKiosk ledger v1")
        bytes.append(kiosk)
        bytes.append(fixed: nonce)
        bytes.append(term)
        bytes.append(UInt64(extents.count))
        for extent in extents {
            bytes.append(extent.term)
            bytes.append(extent.through)
        }
        bytes.append(watermark)
        return bytes.data
    }
}

/// A statement with the signature that makes it worth anything.
public struct SignedLedgerStatement: Sendable, Codable, Hashable {
    public var statement: LedgerStatement
    public var keyID: String
    /// 64 bytes: Ed25519
    public var signature: Data

    /// True only for an unchanged statement signed by that key.
    public func verify(with key: AcknowledgementKey) -> Bool {
        key.verify(signature, of: statement.canonicalBytes)
    }
}

extension AcknowledgementSigner {
    public func sign(_ statement: LedgerStatement) throws -> SignedLedgerStatement {
        SignedLedgerStatement(statement: statement, keyID: publicKey.id, signature: try sign(statement.canonicalBytes))
    }
}
