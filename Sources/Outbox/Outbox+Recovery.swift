internal import Foundation
internal import GRDB
internal import Logging

extension Outbox {
    /// Clears what a crash left: rows of commits that were taken back, files that were never acknowledged. Run once, at opening, under the lock.
    func recover() throws {
        let files = try payloads.contents()
        try removeAbandonedRows(files.keys)
        let (entries, lastSequence) = try database.read { db in
            (
                try Row.fetchAll(db, sql: "SELECT * FROM item").map(OutboxEntry.init(row:)),
                try Int64.fetchOne(db, sql: "SELECT lastSequence FROM counter") ?? 0
            )
        }
        let known = Set(entries.map { $0.id.key + PayloadDirectory.sealed })
        let orphans = files.keys.filter { !known.contains($0) }
        // A number is taken before a file is made, so files beside a counter at 0 mean that the database was lost, not that they are orphans.
        if lastSequence == 0, !orphans.isEmpty {
            throw OutboxError(.corrupt, "\(orphans.count) sealed files lie beside an empty database: restore outbox.sqlite, then start again")
        }
        for name in orphans {
            try payloads.remove(name)
            logger.notice("outbox: removed a file that was never acknowledged", metadata: ["file": "\(name)"])
        }
        if !orphans.isEmpty { try payloads.sync() }
        for entry in entries where entry.state == .waiting { try check(entry, size: files[entry.id.key + PayloadDirectory.sealed]) }
    }

    private func removeAbandonedRows(_ names: some Sequence<String>) throws {
        for name in names where name.hasSuffix(PayloadDirectory.abandoned) {
            let bounds = name.dropLast(PayloadDirectory.abandoned.count).split(separator: "-").compactMap { Int64($0) }
            guard bounds.count == 2 else { throw OutboxError(.corrupt, "a file of the outbox has an unknown name") }
            let count = try database.write { db in
                try db.execute(
                    sql: "DELETE FROM item WHERE sequence BETWEEN ? AND ? AND state = 'waiting'", arguments: [bounds[0], bounds[1]])
                return db.changesCount
            }
            if count > 0 { logger.notice("outbox: removed rows of a commit that failed", metadata: ["count": "\(count)"]) }
        }
    }

    /// An acknowledged payload that is gone can't be delivered by trying: it is set aside, loudly, so that the others go on.
    private func check(_ entry: OutboxEntry, size: Int?) throws {
        guard size != entry.byteCount else { return }
        let found = size.map { "has \($0) bytes" } ?? "is missing"
        let error = "outbox.payload-damaged: the sealed file \(found), \(entry.byteCount) were committed"
        logger.critical("outbox: an acknowledged payload is damaged", metadata: ["id": "\(entry.id.key)", "error": "\(error)"])
        try markRejected(id: entry.id, error: error, at: Date())
    }
}
