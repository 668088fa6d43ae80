internal import Foundation
internal import GRDB
internal import Logging
internal import Synchronization

extension Outbox {
    /// Looks at everything: the database by SQLite's own check, every file for the entry that owns it, every payload for the bytes that were committed.
    /// Files without an entry are taken away; an entry with a damaged payload is set aside, and everything else goes on beside it.
    ///
    /// May run while packets are committed and delivered. Reads all that lies in the outbox, which takes its time: whoever calls decides by `proceed` how fast.
    /// Blocks. Throws `OutboxError` when the directory can't be read or nothing can be written.
    /// - Parameter proceed: called after every look; returns whether to go on
    /// - Returns: what was found up to there
    @discardableResult
    public func verify(_ proceed: (OutboxVerification) -> Bool = { _ in true }) throws -> OutboxVerification {
        var found = OutboxVerification()
        var isComplete = false
        do {
            found.total = try database.read { try Int.fetchOne($0, sql: "SELECT sum(entries) FROM tally") } ?? 0
            found.databaseFaults = try database.faults()
            if found.databaseFaults.isEmpty, proceed(found) {
                try deriveAnew()
                if try removeOrphans(&found, proceed) { isComplete = try verifyPayloads(&found, proceed) }
            }
        } catch let error as OutboxError where error.code == .corrupt {
            found.databaseFaults.append(error.message)
        }
        let isDamaged = !found.databaseFaults.isEmpty
        if isDamaged { logger.critical("outbox: the database is damaged", metadata: ["faults": "\(found.databaseFaults.joined(separator: "; "))"]) }
        committing.withLock { state in
            if isDamaged, state.refusal == nil { state.refusal = OutboxError(.corrupt, "the database is damaged") }
            // Somebody mended it, or the disk had a bad moment.
            if isComplete, !isDamaged, state.refusal?.code == .corrupt { state.refusal = nil }
        }
        return found
    }

    /// `blocked` and the tally follow from the rest. Wrong ones would keep an entry from ever being delivered, or the kiosk from taking any more.
    private func deriveAnew() throws {
        let wrong = try database.derivedWrongly()
        if wrong == 0 { return }
        try database.write { try OutboxDatabase.deriveAnew($0) }
        logger.error("outbox: what is derived from the entries was wrong, and is right again", metadata: ["count": "\(wrong)"])
    }

    /// - Returns: whether to go on
    private func removeOrphans(_ found: inout OutboxVerification, _ proceed: (OutboxVerification) -> Bool) throws -> Bool {
        var (removed, goesOn) = (0, true)
        try payloads.forEachName { names in
            let orphans = try unowned(names)
            if !orphans.isEmpty {
                try committing.withLock { _ in
                    // No commit is under way: what has no entry now never gets one.
                    for name in try unowned(orphans) {
                        do {
                            removed += try takeAway(name) ? 1 : 0
                        } catch let error as OutboxError where error.code == .io || error.code == .diskFull {
                            logger.error("outbox: a file that no entry owns can't be taken away", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
            found.orphans = removed
            goesOn = proceed(found)
            return goesOn
        }
        if removed > 0 {
            try payloads.syncOrphans()
            logger.notice("outbox: took files away that no entry owns or needs", metadata: ["count": "\(removed)"])
        }
        return goesOn
    }

    /// - Returns: whether it was there
    private func takeAway(_ name: String) throws -> Bool {
        guard let owner = PayloadDirectory.owner(of: name), let id = UUID(uuidString: owner), id.key == owner, try entry(id: id)?.state == .archived
        else {
            return try payloads.removeOrphan(name)
        }
        // Of an archived entry: the process died before its payload was erased.
        try payloads.remove(id)
        return true
    }

    /// Those that no entry owns, or one whose payload was to be erased.
    private func unowned(_ names: [String]) throws -> [String] {
        try database.read { db in
            let statement = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM item WHERE id = ? AND state <> 'archived')")
            return try names.filter { name in
                guard let owner = PayloadDirectory.owner(of: name) else { return true }
                return try Bool.fetchOne(statement, arguments: [owner]) != true
            }
        }
    }

    /// - Returns: whether all were looked at
    private func verifyPayloads(_ found: inout OutboxVerification, _ proceed: (OutboxVerification) -> Bool) throws -> Bool {
        var last: Int64 = 0
        while true {
            let page = try database.read { db in
                try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM item WHERE sequence > ? ORDER BY sequence LIMIT 64"), arguments: [last])
                    .map(OutboxEntry.init(row:))
            }
            guard let end = page.last else { return true }
            last = Int64(bitPattern: end.sequence)
            for entry in page {
                try verify(entry, &found)
                found.entries += 1
                guard proceed(found) else { return false }
            }
        }
    }

    /// Ends what `verify` has SQLite look at, which it throws `interrupted` for; everything else ends by its `proceed`. May be called from any thread.
    public func interruptVerification() { database.interruptAside() }

    private func verify(_ entry: OutboxEntry, _ found: inout OutboxVerification) throws {
        // Known of already, or erased.
        if entry.state == .quarantined || entry.state == .archived { return }
        let payload: (byteCount: Int, digest: String)?
        do {
            payload = try payloads.measure(entry.id)
        } catch let error as OutboxError where error.code == .io {
            found.unreadable.append(entry.id)
            return logger.critical("outbox: a payload can't be read", metadata: ["id": "\(entry.id.key)", "error": "\(error)"])
        }
        found.bytes += payload?.byteCount ?? 0
        if let payload, payload == (entry.byteCount, entry.digest) { return }
        let fault = payload.map { $0.byteCount == entry.byteCount ? "has another digest" : "has \($0.byteCount) bytes" } ?? "is missing"
        try setAside(entry, "outbox.payload-damaged: the sealed file \(fault), \(entry.byteCount) bytes were committed", &found)
    }

    /// An acknowledged payload that is gone can't be delivered by trying: it is set aside, loudly, so that the others go on.
    private func setAside(_ entry: OutboxEntry, _ error: String, _ found: inout OutboxVerification) throws {
        do {
            try quarantine(id: entry.id, error: error)
            found.quarantined.append(entry.id)
        } catch let refusal as OutboxError where refusal.code == .wrongState {
            // Past delivery, or set aside by somebody else since it was read.
            guard let state = try self.entry(id: entry.id)?.state, state != .quarantined, state != .archived else { return }
            found.damaged.append(entry.id)
            logger.error("outbox: a payload that was kept is damaged", metadata: ["id": "\(entry.id.key)", "error": "\(error)"])
        }
    }
}
