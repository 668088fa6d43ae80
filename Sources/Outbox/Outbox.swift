public import Foundation
internal import GRDB
public import Logging
internal import Synchronization

/// The durable queue between citizen and city: what `commit` returned is on the disk, and stays there until the platform has acknowledged it.
///
/// One row and one sealed file per entry; docs/outbox-format.md describes both. The outbox never sees plaintext.
/// Every call blocks on the disk, some for as long as an fsync takes: call from a queue of its own, not from the cooperative pool.
/// All calls may come from any thread; commits run one after the other.
public final class Outbox: Sendable {
    /// seconds. No entry waits longer than this for its next attempt; see `recordFailure`.
    public static let longestDelay: TimeInterval = 3600

    let database: OutboxDatabase
    let payloads: PayloadDirectory
    let logger: Logger
    private let lock: DirectoryLock
    /// Held during a commit. False once a write ended in an unknown state.
    private let usable = Mutex(true)

    /// Opens the outbox in `directory`, made when it is missing (its parent must exist), and clears what a crash left behind.
    /// Blocks. Throws `OutboxError`: `locked` when another process holds the directory, `corrupt`, `io`, `diskFull`.
    public init(directory: URL, logger: Logger) throws {
        self.logger = logger
        if mkdir(directory.path, 0o700) != 0, errno != EEXIST { throw OutboxError.system("mkdir", of: "outbox directory") }
        lock = try DirectoryLock(directory: directory)
        payloads = try PayloadDirectory(url: directory.appendingPathComponent("payloads"))
        database = try OutboxDatabase(url: directory.appendingPathComponent("outbox.sqlite"))
        // The new names themselves must survive a power cut, up to the parent that holds the directory.
        for url in [directory, directory.deletingLastPathComponent()] {
            try DirectoryHandle(url: url).sync()
        }
        try recover()
    }

    /// Seals, stores and enqueues packets that belong together. Durable when it returns: every file is written, fsynced and renamed, the
    /// directory fsynced, and all rows are committed in one transaction at synchronous=FULL. All or nothing, across a crash too.
    ///
    /// Sequence numbers are used up even when the commit fails, since something may have been sealed under them.
    /// - Parameters:
    ///   - seal: called once per draft in order; hands the sealed bytes to the sink in pieces of its choice. What it throws passes through.
    /// - Throws: `OutboxError`; after `io` and `failed` every further commit throws `failed` until the directory is opened anew.
    public func commit(
        _ drafts: [OutboxDraft], at date: Date,
        seal: (_ draft: OutboxDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) throws -> [OutboxEntry] {
        if drafts.isEmpty { return [] }
        return try usable.withLock { usable in
            guard usable else { throw OutboxError(.failed, "an earlier commit ended in an unknown state") }
            try validate(drafts)
            do {
                let sequences = try reserve(drafts.count)
                let entries = try store(drafts, sequences: sequences, at: date, seal: seal)
                try enqueue(entries, sequences: sequences)
                return entries
            } catch let error as OutboxError where error.code == .io {
                usable = false
                logger.critical("outbox stopped: a write ended in an unknown state", metadata: ["error": "\(error)"])
                throw error
            }
        }
    }

    /// Where an entry's sealed bytes lie.
    public func fileURL(for entry: OutboxEntry) -> URL {
        payloads.fileURL(entry.id)
    }

    private func validate(_ drafts: [OutboxDraft]) throws {
        try database.read { db in
            func exists(_ id: UUID) throws -> Bool {
                try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM item WHERE id = ?)"), arguments: [id.key]) ?? false
            }
            var earlier: Set<UUID> = []
            for draft in drafts {
                if try !earlier.insert(draft.id).inserted || exists(draft.id) {
                    throw OutboxError(.invalidDraft, "\(draft.id.key) is in the outbox already")
                }
                if let dependency = draft.dependsOn, try dependency == draft.id || !(earlier.contains(dependency) || exists(dependency)) {
                    throw OutboxError(.invalidDraft, "\(draft.id.key) depends on \(dependency.key), which doesn't come before it")
                }
            }
        }
    }

    /// Takes numbers out of the counter for good, before anything is sealed under them.
    private func reserve(_ count: Int) throws -> ClosedRange<UInt64> {
        let last = try database.write { db in
            try Int64.fetchOne(
                db.cachedStatement(sql: "UPDATE counter SET lastSequence = lastSequence + ? RETURNING lastSequence"), arguments: [count])
        }
        guard let last, last >= Int64(count) else { throw OutboxError(.corrupt, "the sequence counter is missing") }
        return UInt64(last) - UInt64(count) + 1...UInt64(last)
    }

    private func store(
        _ drafts: [OutboxDraft], sequences: ClosedRange<UInt64>, at date: Date,
        seal: (OutboxDraft, UInt64, (Data) throws -> Void) throws -> Void
    ) throws -> [OutboxEntry] {
        do {
            var entries: [OutboxEntry] = []
            for (draft, sequence) in zip(drafts, sequences) {
                let writer = try payloads.create(draft.id)
                try seal(draft, sequence, writer.write)
                guard writer.byteCount > 0 else { throw OutboxError(.invalidDraft, "nothing was sealed for \(draft.id.key)") }
                let digest = try writer.finish()
                entries.append(
                    OutboxEntry(
                        id: draft.id, sequence: sequence, kind: draft.kind, reference: draft.reference, dependsOn: draft.dependsOn,
                        byteCount: writer.byteCount, digest: digest, createdAt: Date(milliseconds: date.milliseconds)))
            }
            for draft in drafts { try payloads.publish(draft.id) }
            try payloads.sync()
            return entries
        } catch {
            discard(drafts.map(\.id))
            throw error
        }
    }

    private func enqueue(_ entries: [OutboxEntry], sequences: ClosedRange<UInt64>) throws {
        do {
            try database.write { db in
                for entry in entries { try entry.insert(db) }
            }
        } catch let error as OutboxError where error.code == .diskFull {
            // SQLite couldn't write the last frame: no row exists, now or after a crash.
            discard(entries.map(\.id))
            throw error
        } catch {
            // The rows may be on the disk although we were told no (a failed fsync): a restart must not find them valid.
            do {
                try payloads.abandon(entries[0].id, sequences: sequences)
                try payloads.sync()
            } catch {
                logger.critical("outbox: a failed commit couldn't be taken back", metadata: ["error": "\(error)"])
            }
            throw OutboxError(.io, "the rows couldn't be committed", cause: error)
        }
    }

    /// Best effort: what stays is an orphan, which the next opening removes.
    private func discard(_ ids: [UUID]) {
        for name in ids.flatMap({ [$0.key + PayloadDirectory.part, $0.key + PayloadDirectory.sealed] }) {
            do {
                try payloads.remove(name)
            } catch {
                logger.warning("outbox: a file of a failed commit stays until the next start", metadata: ["error": "\(error)"])
            }
        }
    }
}
