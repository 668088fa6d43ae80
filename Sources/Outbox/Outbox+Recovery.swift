internal import GRDB
internal import Logging

extension Outbox {
    /// Takes back the commits that were told their rows failed. Run once, at opening, under the lock; what it costs doesn't grow with the queue.
    func recover() throws {
        // A number is taken before a file is made, so files beside a counter at 0 mean that the database was lost, not that they are orphans.
        let lastSequence = try database.read { try Int64.fetchOne($0, sql: "SELECT lastSequence FROM counter") } ?? 0
        if lastSequence == 0, try !payloads.isEmpty() {
            throw OutboxError(.corrupt, "sealed files lie beside an empty database: `kioskctl queue verify --repair` makes it anew")
        }
        let commits = try payloads.abandonedCommits()
        for commit in commits {
            let count = try database.write { db in
                try db.execute(
                    sql: "DELETE FROM item WHERE sequence BETWEEN ? AND ? AND state = 'waiting'",
                    arguments: [commit.sequences.lowerBound, commit.sequences.upperBound])
                return db.changesCount
            }
            if count > 0 { logger.notice("outbox: removed rows of a commit that failed", metadata: ["count": "\(count)"]) }
        }
        if !commits.isEmpty { try payloads.forget(commits.map(\.name)) }
    }
}
