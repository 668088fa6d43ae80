internal import Foundation
internal import GRDB
#if MUTANTS
    internal import Mutants
#endif

/// Fills a new database with what is left of another and with what the packets say of themselves.
struct OutboxBuilder {
    let payloads: PayloadDirectory
    /// The newest first, nil for one of which nothing can be read, or that is lost.
    let sources: [DamagedDatabase?]
    /// Numbers of commits that were taken back: their rows must not live.
    let takenBack: [ClosedRange<Int64>]
    let describe: (URL) throws -> OutboxLabel?
    let proceed: (Int) -> Bool
    private var repair = OutboxRepair()
    /// Of all that was seen.
    private var lastSequence: UInt64 = 0
    /// Packets' files that no row was made for.
    private var left: [UUID] = []
    /// Of older databases, those whose files are gone and which nothing says the platform has.
    private var forgotten: [UUID] = []

    init(
        payloads: PayloadDirectory, sources: [DamagedDatabase?], takenBack: [ClosedRange<Int64>], describe: @escaping (URL) throws -> OutboxLabel?,
        proceed: @escaping (Int) -> Bool
    ) {
        self.payloads = payloads
        self.sources = sources
        self.takenBack = takenBack
        self.describe = describe
        self.proceed = proceed
    }

    /// How far the numbers go on behind the last that is known of: more than can have been given since, had the newest rows been lost.
    private static let numbersSkipped: UInt64 = 1 << 20
    /// No number is higher; there must be room for those that follow.
    private static let largestSequence = UInt64(Int64.max) - 2 * numbersSkipped

    /// In one transaction.
    /// - Returns: what came of it, and the entries of older databases that were left out
    func build(_ database: OutboxDatabase) throws -> (repair: OutboxRepair, forgotten: [UUID]) {
        var builder = self
        try database.rebuild { db in
            try builder.takeRows(db)
            try builder.takePackets(db)
            try builder.setAsideWhatDependsOnThem(db)
            try db.execute(sql: "UPDATE counter SET lastSequence = ?", arguments: [Int64(clamping: builder.lastSequence + Self.numbersSkipped)])
        }
        return (builder.repair, builder.forgotten)
    }

    private mutating func takeRows(_ db: Database) throws {
        for (index, source) in sources.enumerated() {
            guard let source else { continue }
            try source.forEachRow { entry in
                // An older database may take for waiting what was delivered and erased since. What it knows to be delivered stays so: whether the platform still
                // has it, and has it in a backup, the next comparison tells.
                if index > 0, ![.delivered, .archived].contains(entry.state), try !payloads.exists(entry.id) {
                    forgotten.append(entry.id)
                    return
                }
                try takeRow(entry, db)
            }
            lastSequence = max(lastSequence, min(source.lastSequence ?? 0, Self.largestSequence))
        }
    }

    private mutating func takeRow(_ entry: OutboxEntry, _ db: Database) throws {
        guard isAcceptable(entry.sequence), !isTakenBack(entry.sequence) || entry.state != .waiting else { return }
        repair.rows += try insert(entry, db) ? 1 : 0
    }

    private mutating func takePackets(_ db: Database) throws {
        var count = 0
        try payloads.forEachName { names in
            for name in names {
                if let owner = PayloadDirectory.owner(of: name), let id = UUID(uuidString: owner), id.key == owner, try !isKnown(id, db) {
                    try takePacket(id, db)
                }
                count += 1
                guard proceed(count) else { throw OutboxError(.interrupted, "the repair was broken off") }
            }
            return true
        }
    }

    private mutating func takePacket(_ id: UUID, _ db: Database) throws {
        #if MUTANTS
            if Mutant.droppingRepair.isAwake { return }
        #endif
        let file = payloads.fileURL(id)
        guard let payload = try payloads.measure(id), let label = try describe(file), label.id == id, isAcceptable(label.sequence) else {
            repair.unknown += 1
            return left.append(id)
        }
        if isTakenBack(label.sequence) {
            repair.unacknowledged += 1
            return left.append(id)
        }
        // A row that lies between two damaged places.
        if let row = sources.lazy.compactMap({ $0?.row(sequence: label.sequence) }).first(where: { $0.id == id }) { return try takeRow(row, db) }
        let entry = OutboxEntry(
            id: id, sequence: label.sequence, kind: label.kind, reference: label.reference, dependsOn: label.dependsOn, byteCount: payload.byteCount,
            digest: payload.digest, createdAt: (try? file.resourceValues(forKeys: [.contentModificationDateKey]))?.contentModificationDate ?? Date())
        if try insert(entry, db) {
            repair.packets += 1
        } else {
            repair.unknown += 1
            left.append(id)
        }
    }

    /// What depends on a file that lies there and wasn't taken can't be delivered before somebody has looked.
    private func setAsideWhatDependsOnThem(_ db: Database) throws {
        for id in left {
            try db.execute(
                sql:
                    "UPDATE item SET state = 'quarantined', nextAttemptAt = NULL, lastError = ? WHERE dependsOn = ? AND state IN ('waiting', 'held')",
                arguments: ["outbox.dependency-lost: the repair couldn't take \(id.key), which must be delivered first", id.key])
        }
    }

    private func isAcceptable(_ sequence: UInt64) -> Bool { (1...Self.largestSequence).contains(sequence) }

    private func isTakenBack(_ sequence: UInt64) -> Bool { takenBack.contains { $0.contains(Int64(clamping: sequence)) } }

    private func isKnown(_ id: UUID, _ db: Database) throws -> Bool {
        try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM item WHERE id = ?)"), arguments: [id.key]) ?? false
    }

    /// - Returns: false when id or number are taken
    private mutating func insert(_ entry: OutboxEntry, _ db: Database) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO item (sequence, id, kind, reference, dependsOn, state, byteCount, digest, createdAt, attempts, nextAttemptAt,
                    lastError, deliveredAt, acknowledgement, term, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            Int64(bitPattern: entry.sequence), entry.id.key, entry.kind, entry.reference, entry.dependsOn?.key, entry.state.rawValue, entry.byteCount,
            entry.digest, entry.createdAt.milliseconds, entry.attempts, entry.nextAttemptAt?.milliseconds, entry.lastError,
            entry.deliveredAt?.milliseconds, entry.acknowledgement, entry.place?.term, entry.place.map { Int64(bitPattern: $0.number) },
        ])
        lastSequence = max(lastSequence, entry.sequence)
        return db.changesCount == 1
    }
}
