#if MUTANTS
    internal import Foundation
    internal import GRDB
    internal import Mutants
#endif

/// How much a commit may add to the outbox. What was acknowledged is never touched because of it, and deliveries go on whatever it says.
public struct OutboxLimits: Sendable, Equatable {
    /// bytes that the sealed files may take together, delivered ones that are still kept included; nil for as many as the disk holds
    public var quota: Int?
    /// bytes of the file system that commits leave free for others
    public var reserve: Int

    /// Without either, the disk alone sets the limit.
    public init(quota: Int? = nil, reserve: Int = 0) {
        self.quota = quota
        self.reserve = reserve
    }
}

/// What there is room for, at one moment.
public struct OutboxRoom: Sendable, Equatable {
    public var limits: OutboxLimits
    /// bytes of sealed payload on the disk, as the rows tell
    public var used: Int
    /// bytes of the file system that are free for this user
    public var free: Int

    public init(limits: OutboxLimits, used: Int, free: Int) {
        self.limits = limits
        self.used = used
        self.free = free
    }

    /// bytes that can still be committed
    public var left: Int { max(0, min(limits.quota.map { $0 - used } ?? .max, free - limits.reserve)) }
}

extension Outbox {
    /// What there is room for now: one small read, and one question to the file system. Blocks. Throws `OutboxError`.
    public func room() throws -> OutboxRoom {
        OutboxRoom(limits: limits, used: try counts().bytes, free: try freeBytes?() ?? payloads.freeBytes())
    }

    /// bytes that a commit may write. Throws `full` when that is nothing.
    func roomForCommit() throws -> Int {
        // A file system that tells nothing of its room is no reason to refuse where nobody set a limit.
        if limits == OutboxLimits() { return .max }
        #if MUTANTS
            if Mutant.evictingQuota.isAwake { try evictOldest(for: 1 << 20) }
        #endif
        let left = try room().left
        guard left > 0 else { throw OutboxError.full(left) }
        return left
    }

    #if MUTANTS
        /// Whole submissions, the oldest first, until there is so much room.
        private func evictOldest(for room: Int) throws {
            while try self.room().left < room {
                let evicted = try database.write { db in
                    try String.fetchAll(
                        db,
                        sql: """
                            DELETE FROM item WHERE reference = (SELECT reference FROM item WHERE state <> 'archived' ORDER BY sequence LIMIT 1)
                            RETURNING id
                            """)
                }
                if evicted.isEmpty { return }
                for id in evicted.compactMap(UUID.init(uuidString:)) { try payloads.remove(id) }
            }
        }
    #endif
}

extension OutboxError {
    static func full(_ room: Int) -> OutboxError { OutboxError(.full, "there is room for \(room) bytes, and the commit needs more") }
}
