import Foundation
import GRDB
import HTTPTypes
import Logging
import PlatformAPI

/// Decides a complete upload, once: opens it, checks it, and records packet, application and acknowledgement in one transaction.
struct PacketIntake: Sendable {
    let uploads: UploadStore
    let files: PacketFiles
    let locks: UploadLocks
    let keys: KeyStore
    let ledger: LedgerStore
    let reader: PacketReader
    let decisions: DecisionStore
    let applications: ApplicationStore
    let logger: Logger
    private let missing = MissingKeys()

    /// A material may come only when its application is recorded, and only with the announced size:
    /// the platform never keeps bytes that nobody asked it to keep, and never waits for an application that may not come.
    func checkAnnounced(_ header: PacketHeader, sealedSize: Int) async throws {
        guard let manifest = try await applications.manifest(of: header.id, kiosk: header.kiosk) else {
            throw ProblemResponse.retry(.applicationMissing, 409, "No application of this kiosk announced this material yet.", after: 5)
        }
        guard PacketFormat.sealedSizes(ofPlaintext: manifest.byteCount).contains(sealedSize) else {
            throw ProblemResponse(.packetRejected, 422, "The packet has not the announced size.", reason: .manifestMismatch)
        }
    }

    func decision(of id: UUID) async throws -> Decision? {
        try await decisions.find(id)
    }

    /// The decision on a kiosk's packet; a complete upload that a crash left undecided is decided now.
    func decide(_ id: UUID, kiosk: String) async throws -> Decision? {
        if let decision = try await decisions.find(id) { return decision.kiosk == kiosk ? decision : nil }
        guard let upload = try await uploads.find(id), upload.header.kiosk == kiosk, upload.isComplete else { return nil }
        return try await locks.attempt(id) {
            if try await decisions.find(id) == nil { try await decideHoldingLock(upload) }
            return try await decisions.find(id)
        } ?? nil
    }

    /// Forgets an upload that isn't decided and whose bytes aren't there, as behind a backup that didn't have them: the kiosk has them still.
    /// - Returns: whether it was so
    func discardTorn(_ upload: Upload) async throws -> Bool {
        let id = upload.header.id
        return try await locks.attempt(id) {
            guard upload.offset > 0, try await decisions.find(id) == nil, let now = try await uploads.find(id), await files.size(id) < now.offset
            else {
                return false
            }
            guard try await uploads.discard(id, files) else { return false }
            logger.error("bytes of an upload are missing; it begins anew", metadata: ["packet": "\(id.wireText)"])
            return true
        } ?? false
    }

    /// Forgets uploads that were begun and left. Their kiosks have the packets still, and announce them again.
    func discardAbandoned(after lifetime: Duration) async throws {
        let since = Date() - lifetime / .seconds(1)
        for id in try await uploads.abandoned(since: since) {
            do {
                // Asked again under the lock: a kiosk may have come back to it at this very moment.
                let isForgotten = try await locks.attempt(id) {
                    guard let upload = try await uploads.find(id), !upload.isComplete, upload.touchedAt < since else { return false }
                    return try await uploads.discard(id, files)
                }
                if isForgotten == true { logger.notice("an upload that was left unfinished was forgotten", metadata: ["packet": "\(id.wireText)"]) }
            } catch let error as CancellationError {
                throw error
            } catch {
                // The others are looked at still, and this one in an hour.
                logger.warning(
                    "an upload that was left unfinished stays", metadata: ["packet": "\(id.wireText)", "error": "\(type(of: error))"])
            }
        }
    }

    /// At the start of the server. One packet that can't be decided must not keep the others, or the server, down.
    func decideLeftovers() async throws {
        for id in try await uploads.undecided() {
            guard let upload = try await uploads.find(id) else { continue }
            do {
                _ = try await decide(id, kiosk: upload.header.kiosk)
            } catch {
                logger.warning("packet left undecided", metadata: ["packet": "\(id.wireText)", "error": "\(type(of: error))"])
            }
        }
    }

    /// - Throws: a 503 problem when a key is missing; a 460 problem, after the upload was discarded, when the bytes are not those announced: the kiosk sends them again.
    func decideHoldingLock(_ upload: Upload) async throws {
        guard try await decisions.find(upload.header.id) == nil else { return }
        let id = upload.header.id
        do {
            let opened = try await reader.read(upload.header, sealedDigest: upload.sealedDigest)
            try await accept(upload, opened)
            logger.info("packet accepted", metadata: ["packet": "\(id.wireText)", "kind": "\(upload.header.kind.rawValue)"])
        } catch PacketReader.Failure.digestMismatch {
            guard try await uploads.discard(id, files) else { return }
            throw ProblemResponse(
                .checksumMismatch, Tus.checksumMismatch, "The packet has not the announced digest; the upload was discarded.",
                headers: [.tusResumable: Tus.version])
        } catch PacketReader.Failure.missingKey(let error) {
            // That is nothing the citizen's packet can help, and no reason to lose it: it waits for the administrator.
            let level: Logger.Level = missing.isNew(error) ? .critical : .warning
            logger.log(level: level, "packet can't be opened: a key is missing", metadata: ["packet": "\(id.wireText)", "key": "\(error)"])
            throw ProblemResponse(.missingKey, 503, "The platform lacks a key for this packet; it stays undecided.")
        } catch let reason as RejectionReason {
            guard try await decisions.reject(upload.header, reason) else { return }
            try await files.remove(id)
            logger.warning("packet rejected", metadata: ["packet": "\(id.wireText)", "reason": "\(reason.rawValue)"])
        }
    }

    /// - Parameter placing: what else belongs into the transaction; not called when the packet has been decided meanwhile
    func accept(
        _ upload: Upload, _ opened: PacketReader.Opened, placing: @escaping @Sendable (Database, Date) throws -> Void = { _, _ in }
    ) async throws {
        let submission = try opened.submission(for: upload.header)
        try await decisions.transaction { db, now in
            // Another process, or a request before a crash, may have been first: the first decision stands.
            guard try !DecisionStore.exists(upload.header.id, db) else { return }
            let number: String?
            if let submission {
                number = try applications.prepare(submission, at: now, db)
            } else {
                try applications.checkMaterial(upload.header, byteCount: opened.byteCount, digest: opened.plaintextDigest, db)
                number = nil
            }
            try placing(db, now)
            let acknowledgement = Acknowledgement(
                id: upload.header.id, kiosk: upload.header.kiosk, sequence: upload.header.sequence, kind: upload.header.kind,
                sealedDigest: upload.sealedDigest, plaintextDigest: opened.plaintextDigest, applicationNumber: number, term: ledger.term,
                number: try LedgerStore.next(db), acceptedAt: now)
            try DecisionStore.insert(try keys.acknowledgement.sign(acknowledgement), db)
            if let submission, let number {
                try applications.insert(submission, number: number, at: now, db)
            } else {
                try applications.markReceived(upload.header.id, at: now, db)
            }
        }
    }
}
