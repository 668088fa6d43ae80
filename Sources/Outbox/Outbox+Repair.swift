public import Foundation
internal import Glibc
public import Logging

extension Outbox {
    /// Makes the database of a closed outbox anew: of the rows that can still be read, and of what the packets without a row say of themselves.
    /// The damaged one is kept in `damaged/`, with all that is in it. May be broken off at any time, and be begun anew: nothing is taken away before it is there twice.
    ///
    /// A packet whose row is lost waits to be delivered, even when it was delivered before; the platform knows it by its id.
    /// Blocks for as long as it takes to read everything. A verification is to follow.
    /// - Parameters:
    ///   - describe: reads what a sealed file says of itself; nil when it isn't a packet, or not what was sealed. Called for files without a row only.
    ///   - proceed: called after each file with how many there were so far; returns whether to go on
    /// - Throws: `OutboxError`: `locked` while somebody has it open, `interrupted` when `proceed` said so, `io`, `diskFull`
    public static func repair(
        directory: URL, logger: Logger, describe: (URL) throws -> OutboxLabel?, proceed: (Int) -> Bool = { _ in true }
    ) throws -> OutboxRepair {
        let handle = try DirectoryHandle(url: directory)
        let lock = try DirectoryLock(directory: directory)
        defer { withExtendedLifetime(lock) {} }
        let payloads = try PayloadDirectory(in: directory)
        let store = try DamagedStore(in: directory)
        let damaged = try store.keep()
        for suffix in ["", "-wal", "-shm"] { try handle.remove(newName + suffix) }
        let database = try OutboxDatabase(url: directory.appendingPathComponent(newName))
        var (repair, forgotten) = try withoutActuallyEscaping(describe) { describe in
            try withoutActuallyEscaping(proceed) { proceed in
                // Without a database those that are kept are all older ones.
                try OutboxBuilder(
                    payloads: payloads, sources: (damaged == nil ? [nil] : []) + store.sources(),
                    takenBack: payloads.abandonedCommits().map(\.sequences), describe: describe,
                    proceed: proceed
                ).build(database)
            }
        }
        repair.damaged = damaged
        if !forgotten.isEmpty {
            let ids = forgotten.prefix(20).map(\.key).joined(separator: " ")
            logger.warning(
                "outbox: packets that an older database has as waiting are gone; the platform should have them",
                metadata: ["count": "\(forgotten.count)", "ids": "\(ids)"])
        }
        try database.close()
        try handle.giveToOwner(newName)
        try handle.sync()
        // What belongs to the damaged one must not be taken for the new one's.
        for suffix in ["-wal", "-shm"] { try handle.remove(databaseName + suffix) }
        try handle.sync()
        guard try handle.rename(newName, to: databaseName) else { throw OutboxError(.io, "\(newName) is gone") }
        try handle.sync()
        logger.notice(
            "outbox: the database was made anew",
            metadata: [
                "rows": "\(repair.rows)", "packets": "\(repair.packets)", "unacknowledged": "\(repair.unacknowledged)",
                "unknown": "\(repair.unknown)",
            ])
        return repair
    }

    static let databaseName = "outbox.sqlite"
    private static let newName = "outbox.sqlite.new"
}

/// `damaged/N/`: databases that were found damaged, each with its write-ahead log, the newest with the highest N.
private struct DamagedStore {
    private let outbox: URL
    private let directory: DirectoryHandle

    init(in outbox: URL) throws {
        self.outbox = outbox
        directory = try DirectoryHandle(making: outbox.appendingPathComponent("damaged"))
    }

    private var numbers: [Int] {
        get throws {
            var found: [Int] = []
            try directory.forEachName(atOnce: 64) { names in
                found += names.compactMap { Int($0) }
                return true
            }
            return found.sorted()
        }
    }

    /// Gives the database that lies there a second name, under which it outlives its place.
    /// - Returns: its new place; nil when there is none
    func keep() throws -> String? {
        guard FileManager.default.fileExists(atPath: outbox.appendingPathComponent(Outbox.databaseName).path) else { return nil }
        let last = try numbers.last ?? 0
        // A repair that was broken off has kept it already.
        let number = isKept(directory.url.appendingPathComponent("\(last)")) ? last : last + 1
        let place = directory.url.appendingPathComponent("\(number)")
        let kept = try DirectoryHandle(making: place)
        for name in ["-wal", ""].map({ Outbox.databaseName + $0 }) {
            guard link(outbox.appendingPathComponent(name).path, place.appendingPathComponent(name).path) == 0 || errno == ENOENT || errno == EEXIST
            else {
                throw OutboxError.system("link", of: name)
            }
        }
        try kept.sync()
        try directory.sync()
        return place.path
    }

    private func isKept(_ place: URL) -> Bool {
        var (now, kept) = (stat(), stat())
        return stat(outbox.appendingPathComponent(Outbox.databaseName).path, &now) == 0
            && stat(place.appendingPathComponent(Outbox.databaseName).path, &kept) == 0 && (now.st_dev, now.st_ino) == (kept.st_dev, kept.st_ino)
    }

    /// What can be read of them, the newest first; nil for one of which nothing can.
    func sources() throws -> [DamagedDatabase?] {
        try numbers.reversed().map { number in
            DamagedDatabase(url: directory.url.appendingPathComponent("\(number)").appendingPathComponent(Outbox.databaseName))
        }
    }
}
