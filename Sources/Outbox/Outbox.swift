public import Foundation
internal import GRDB
public import Logging
internal import Synchronization

/// The durable queue between citizen and city: what `commit` returned is on the disk, and stays there until the platform has acknowledged it.
///
/// One row and one sealed file per entry; docs/outbox-format.md describes both. The outbox never sees plaintext.
/// Every call blocks on the disk, some for as long as an fsync takes: call from a thread that may block, not from the cooperative pool.
/// All calls may come from any thread; commits run one after the other.
public final class Outbox: Sendable {
    /// seconds. No entry waits longer than this for its next attempt; see `recordFailure`.
    public static let longestDelay: TimeInterval = 3600

    /// How many sequence numbers are taken out of the counter in one transaction.
    private static let numbersAtOnce = 256

    let database: OutboxDatabase
    let payloads: PayloadDirectory
    let logger: Logger
    let limits: OutboxLimits
    /// Instead of asking the file system how many bytes are free.
    let freeBytes: (@Sendable () throws -> Int)?
    private let lock: DirectoryLock
    /// Held during a commit, and by whoever must know that none is under way.
    let committing = Mutex(CommitState())

    /// Opens the outbox in `directory`, made when it is missing (its parent must exist), and takes back the commits that a crash left in doubt.
    /// It takes as long for a million entries as for none: what lies there is looked at by `verify`, which is to follow.
    /// Blocks. Throws `OutboxError`: `locked` when another process holds the directory, `corrupt`, `io`, `diskFull`.
    /// - Parameters:
    ///   - limits: what every commit is held to
    ///   - freeBytes: instead of asking the file system how many bytes are free
    public init(
        directory: URL, limits: OutboxLimits = OutboxLimits(), freeBytes: (@Sendable () throws -> Int)? = nil, logger: Logger
    ) throws {
        self.logger = logger
        self.limits = limits
        self.freeBytes = freeBytes
        let handle = try DirectoryHandle(making: directory)
        lock = try DirectoryLock(directory: directory)
        payloads = try PayloadDirectory(in: directory)
        database = try OutboxDatabase(url: directory.appendingPathComponent(Self.databaseName))
        // The new names themselves must survive a power cut, up to the parent that holds the directory.
        try handle.sync()
        try DirectoryHandle(url: directory.deletingLastPathComponent()).sync()
        try recover()
    }

    /// Seals, stores and enqueues packets that belong together. Durable when it returns: every file is written, fsynced and renamed, the
    /// directory fsynced, and all rows are committed in one transaction at synchronous=FULL. All or nothing, across a crash too.
    ///
    /// Sequence numbers are used up even when the commit fails, since something may have been sealed under them; a restart leaves a gap, too.
    /// - Parameters:
    ///   - closing: called once per draft behind `seal` with the SHA-256 of what that wrote, 32 bytes; returns the file's last bytes, such as a signature
    ///   - seal: called once per draft in order; hands the sealed bytes to the sink in pieces of its choice. What either throws passes through.
    /// - Throws: `OutboxError`; `full` when the limits leave too little room; after `io` every further commit throws `failed` until the directory is
    ///   opened anew, after a verification that found the database damaged `corrupt`.
    public func commit(
        _ drafts: [OutboxDraft], at date: Date, closing: (_ digest: Data) throws -> Data = { _ in Data() },
        seal: (_ draft: OutboxDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) throws -> [OutboxEntry] {
        if drafts.isEmpty { return [] }
        return try committing.withLock { state in
            if let refusal = state.refusal { throw refusal }
            try validate(drafts)
            let room = try roomForCommit()
            do {
                let sequences = try take(drafts.count, from: &state)
                let entries = try store(drafts, sequences: sequences, within: room, at: date, closing: closing, seal: seal)
                try enqueue(entries, sequences: sequences)
                return entries
            } catch let error as OutboxError where error.code == .io {
                state.refusal = OutboxError(.failed, "an earlier commit ended in an unknown state")
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

    /// Numbers for drafts. They are taken out of the counter for good, many at once, before anything is sealed under the first of them:
    /// so they cost a commit no fsync of its own. Those left over when the process ends are never given.
    private func take(_ count: Int, from state: inout CommitState) throws -> ClosedRange<UInt64> {
        if state.numbers.count < count {
            let more = max(count, Self.numbersAtOnce)
            let last = try database.write { db in
                try Int64.fetchOne(
                    db.cachedStatement(sql: "UPDATE counter SET lastSequence = lastSequence + ? RETURNING lastSequence"), arguments: [more])
            }
            guard let last, last >= Int64(more) else { throw OutboxError(.corrupt, "the sequence counter is missing") }
            state.numbers = UInt64(last) - UInt64(more) + 1..<UInt64(last) + 1
        }
        let first = state.numbers.lowerBound
        state.numbers = first + UInt64(count)..<state.numbers.upperBound
        return first...first + UInt64(count) - 1
    }

    private func store(
        _ drafts: [OutboxDraft], sequences: ClosedRange<UInt64>, within room: Int, at date: Date, closing: (Data) throws -> Data,
        seal: (OutboxDraft, UInt64, (Data) throws -> Void) throws -> Void
    ) throws -> [OutboxEntry] {
        var left = room
        func write(_ chunk: Data, _ writer: SealedFileWriter) throws {
            // What is sealed on the fly has no size until it is written.
            guard chunk.count <= left else { throw OutboxError.full(room) }
            left -= chunk.count
            try writer.write(chunk)
        }
        do {
            var entries: [OutboxEntry] = []
            for (draft, sequence) in zip(drafts, sequences) {
                let writer = try payloads.create(draft.id)
                try seal(draft, sequence) { try write($0, writer) }
                guard writer.byteCount > 0 else { throw OutboxError(.invalidDraft, "nothing was sealed for \(draft.id.key)") }
                try write(try closing(writer.digest), writer)
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
                // The trace is there: the others aren't needed, and must not be taken for packets whose rows were lost.
                discard(entries.dropFirst().map(\.id))
            } catch {
                logger.critical("outbox: a failed commit couldn't be taken back", metadata: ["error": "\(error)"])
            }
            throw OutboxError(.io, "the rows couldn't be committed", cause: error)
        }
    }

    /// Best effort: what stays is an orphan, which the next verification removes.
    private func discard(_ ids: [UUID]) {
        for id in ids {
            do {
                try payloads.remove(id)
            } catch {
                logger.warning("outbox: a file of a failed commit stays until the next verification", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// What commits share, and change one after the other.
struct CommitState: Sendable {
    /// Why none is taken any more; nil while all is well.
    var refusal: OutboxError?
    /// Taken out of the counter and not given yet.
    var numbers: Range<UInt64> = 0..<0
}
