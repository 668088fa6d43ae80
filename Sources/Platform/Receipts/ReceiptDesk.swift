public import Foundation
import GRDB
public import PlatformAPI
#if MUTANTS
    import Mutants
#endif

/// Why a receipt isn't believed.
public enum ReceiptRefusal: String, Error, Sendable, Codable {
    /// No kiosk of that name was ever enrolled with that key.
    case unknownKiosk = "unknown-kiosk"
    /// The key that it names did not sign it.
    case badSignature = "bad-signature"
}

/// Checks what citizens bring: whether a kiosk signed it, and what has come of what that kiosk holds. It changes nothing.
public struct ReceiptDesk: Sendable {
    private let database: PlatformDatabase
    private let kioskKeys: KioskKeyStore
    private let signer: AcknowledgementSigner

    init(database: PlatformDatabase, signer: AcknowledgementSigner) {
        self.database = database
        kioskKeys = KioskKeyStore(database: database)
        self.signer = signer
    }

    /// For an administrator, whether the server runs or not.
    /// - Throws: `PlatformError` when the directory holds no platform.
    public init(data: URL) throws {
        let file = data.appendingPathComponent("platform.sqlite")
        guard FileManager.default.fileExists(atPath: file.path) else { throw PlatformError.file(file.path, errno: ENOENT) }
        let signer = try KeyStore(directory: data).acknowledgement
        self.init(database: try PlatformDatabase(directory: data), signer: signer)
    }

    /// With this an acceptance is checked by whoever has no platform at hand.
    public var acceptanceKey: AcknowledgementKey { signer.publicKey }

    /// - Throws: `ReceiptRefusal` unless one of the keys that the kiosk ever had signed it.
    public func check(_ signed: SignedCustodyReceipt) async throws -> CustodyReport {
        guard let key = try await kioskKeys.keys(of: signed.receipt.kiosk).first(where: { $0.id == signed.keyID }) else {
            throw ReceiptRefusal.unknownKiosk
        }
        guard try Self.isSigned(signed, by: key) else { throw ReceiptRefusal.badSignature }
        var report = try await database.queue.read { db in try Self.report(on: signed.receipt, db) }
        if report.state == .accepted, let number = report.applicationNumber, let acceptedAt = report.acceptedAt {
            report.acceptance = try signer.sign(Acceptance(of: signed.receipt, applicationNumber: number, acceptedAt: acceptedAt)).token
        }
        return report
    }

    private static func isSigned(_ signed: SignedCustodyReceipt, by key: KioskKey) throws -> Bool {
        #if MUTANTS
            if Mutant.anyReceipt.isAwake { return true }
        #endif
        return try signed.verify(with: key)
    }

    /// - Throws: `ReceiptRefusal` unless this platform signed it.
    public func check(_ signed: SignedAcceptance) throws {
        guard signed.verify(with: signer.publicKey) else { throw ReceiptRefusal.badSignature }
    }

    private static func report(on receipt: CustodyReceipt, _ db: Database) throws -> CustodyReport {
        var report = CustodyReport(receipt: receipt, state: .held)
        guard let decision = try DecisionStore.find(receipt.id, db) else { return report }
        let differs = CustodyReport(receipt: receipt, state: .differs)
        guard decision.kiosk == receipt.kiosk else { return differs }
        var accepted: [Acknowledgement] = []
        switch decision.outcome {
        case .rejected(let reason): return CustodyReport(receipt: receipt, state: .rejected, reason: reason.rawValue)
        case .accepted(let signed): accepted.append(signed.acknowledgement)
        }
        guard let number = accepted[0].applicationNumber,
            try String.fetchOne(db, sql: "SELECT reference FROM application WHERE id = ?", arguments: [receipt.id.wireText]) == receipt.reference
        else { return differs }
        let materials = try ApplicationStore.materials(of: receipt.id, db)
        guard materials.count == receipt.materials else { return differs }
        report.applicationNumber = number
        for material in materials {
            switch try DecisionStore.find(material, db)?.outcome {
            case .accepted(let signed): accepted.append(signed.acknowledgement)
            case .rejected(let reason):
                report.state = .rejected
                report.reason = reason.rawValue
            case nil: break
            }
        }
        report.arrived = accepted.count
        guard report.state != .rejected, accepted.count == materials.count + 1 else { return report }
        guard CustodyReceipt.digest(of: accepted.map { ($0.id, $0.sealedDigest) }) == receipt.digest else { return differs }
        report.state = .accepted
        report.acceptedAt = accepted.map(\.acceptedAt).max()
        return report
    }
}
