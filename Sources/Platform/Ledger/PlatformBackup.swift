public import Foundation
import GRDB
import PlatformAPI

/// A copy of all that a platform has taken, made beside the server that runs; and the word to the kiosks that they needn't keep it any longer.
///
/// The keys aren't in it: they are kept apart from what they open.
public struct PlatformBackup: Sendable {
    /// What was found when a copy was made.
    public struct Result: Sendable, Equatable {
        /// The last number of the ledger that is in it.
        public var through: UInt64
        public var packets: Int
        /// Packets that weren't there from an earlier backup to the same place.
        public var copied: Int

        public init(through: UInt64, packets: Int, copied: Int) {
            self.through = through
            self.packets = packets
            self.copied = copied
        }
    }

    /// One number of the ledger, as people hand it on: `TERM:NUMBER`. The term tells it from the same number behind a backup that was restored.
    public struct Mark: Sendable, Hashable, CustomStringConvertible {
        public var term: UUID
        public var number: UInt64

        public init(term: UUID, number: UInt64) {
            self.term = term
            self.number = number
        }

        /// Nil unless `text` is such a mark.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let term = UUID(wireText: parts[0]), let number = UInt64(parts[1]) else { return nil }
            self.init(term: term, number: number)
        }

        public var description: String { "\(term.wireText):\(number)" }
    }

    /// Why a backup wasn't made, or not restored.
    public enum Refusal: Error, CustomStringConvertible {
        case ontoItself(String)
        /// The place has a backup of something that this platform no longer has.
        case wouldLose(String, Mark)
        case notEmpty(String)
        case noBackup(String)

        public var description: String {
            switch self {
            case .ontoItself(let path): "\(path) is the platform's own data, or lies in it: name another place, on another disk"
            case .wouldLose(let path, let mark):
                "\(path) has a backup with \(mark), which this platform doesn't have: it was restored from an older one, or is another. Name another place, and keep that one"
            case .notEmpty(let path): "\(path) holds a platform: a backup is restored where there is nothing but keys/"
            case .noBackup(let path): "\(path) holds no backup"
            }
        }
    }

    /// A packet's file isn't what was acknowledged.
    public struct Damaged: Error, CustomStringConvertible {
        public var packet: UUID
        public var description: String { "packet \(packet.wireText) isn't what was acknowledged: no backup was made, and none may be relied upon" }
    }

    private let data: URL
    private let database: PlatformDatabase

    /// - Throws: when the directory holds no platform.
    public init(data: URL) throws {
        guard FileManager.default.fileExists(atPath: data.appendingPathComponent("platform.sqlite").path) else {
            throw PlatformError.file(data.appendingPathComponent("platform.sqlite").path, errno: ENOENT)
        }
        self.data = data
        database = try PlatformDatabase(directory: data)
    }

    /// Copies to `place`, a directory that is made when missing and may hold an earlier backup, which then is added to. Everything is on the disk there, and was compared with
    /// what was acknowledged, before kiosks are told.
    /// - Parameter progress: called with the number of packets looked at and how many there are
    public func run(to place: URL, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> Result {
        let (own, other) = (data.resolvingSymlinksInPath().path, place.resolvingSymlinksInPath().path)
        guard other != own, !other.hasPrefix(own + "/") else { throw Refusal.ontoItself(place.path) }
        let packets = place.appendingPathComponent("packets")
        try PrivateDirectory.make(packets)
        try SystemFile.synchronize(directory: place.deletingLastPathComponent())
        let final = place.appendingPathComponent("platform.sqlite")
        let former = FileManager.default.fileExists(atPath: final.path) ? try Self.lastMark(of: final) : nil
        let snapshot = place.appendingPathComponent("platform.sqlite.part")
        try? FileManager.default.removeItem(at: snapshot)
        // A snapshot first: every packet that it knows of is complete, and never changes.
        try database.queue.inDatabase { db in try db.execute(sql: "VACUUM INTO ?", arguments: [snapshot.path]) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: snapshot.path)
        let (mark, taken) = try Self.taken(in: snapshot, with: former, place: place)
        var result = Result(through: mark?.number ?? 0, packets: taken.count, copied: 0)
        for (index, packet) in taken.enumerated() {
            try progress(index, taken.count)
            result.copied += try copy(packet, to: packets) ? 1 : 0
        }
        try SystemFile.synchronize(directory: packets)
        try Self.synchronize(snapshot)
        // Of somebody who opened the backup where it lies: they belong to the database before.
        for name in ["-wal", "-shm", "-journal"] { unlink(final.path + name) }
        guard rename(snapshot.path, final.path) == 0 else {
            throw PlatformError.file(snapshot.path, errno: errno)
        }
        try SystemFile.synchronize(directory: place)
        if let mark { try record(through: mark) }
        return result
    }

    /// Tells the kiosks that everything up to a number of the ledger is in a backup, however that was made.
    /// - Throws: `PlatformError.notInLedger` for a number that was never given in that term, or was lost since.
    public func record(through mark: Mark) throws {
        try database.queue.write { db in
            guard try Self.has(mark, db) else { throw PlatformError.notInLedger("\(mark)") }
            try db.execute(
                sql: "INSERT OR IGNORE INTO backup (through, made_at) VALUES (?, ?)", arguments: [Int64(bitPattern: mark.number), Date().seconds])
        }
    }

    /// The last number of the ledger: what a backup that begins now will have. Nil before the first packet.
    public func lastMark() throws -> Mark? {
        try database.queue.read { db in try Self.lastMark(db) }
    }

    /// Gives a server that is to be started the data of a backup. The keys must lie in `data` already, and nothing else.
    /// - Throws: `Refusal`: what is left of a database in use would be mixed with the backup's
    public static func restore(from place: URL, to data: URL) throws {
        guard FileManager.default.fileExists(atPath: place.appendingPathComponent("platform.sqlite").path) else { throw Refusal.noBackup(place.path) }
        try PrivateDirectory.make(data)
        guard try FileManager.default.contentsOfDirectory(atPath: data.path).allSatisfy({ $0 == "keys" || $0 == "lost+found" }) else {
            throw Refusal.notEmpty(data.path)
        }
        try FileManager.default.copyItem(at: place.appendingPathComponent("packets"), to: data.appendingPathComponent("packets"))
        // Last, so that what was interrupted isn't taken for a platform.
        try FileManager.default.copyItem(at: place.appendingPathComponent("platform.sqlite"), to: data.appendingPathComponent("platform.sqlite"))
        sync()
    }

    private static func lastMark(_ db: Database) throws -> Mark? {
        try Row.fetchOne(db, sql: "SELECT term, number FROM decision WHERE number IS NOT NULL ORDER BY number DESC LIMIT 1").flatMap { row in
            UUID(wireText: row["term"] as String? ?? "").map { Mark(term: $0, number: UInt64(row["number"] as Int64)) }
        }
    }

    private static func has(_ mark: Mark, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM decision WHERE number = ? AND term = ?)",
            arguments: [Int64(clamping: mark.number), mark.term.wireText]) ?? false
    }

    private static func lastMark(of file: URL) throws -> Mark? {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: file.path, configuration: configuration).read(lastMark)
    }

    private struct Taken {
        var id: UUID
        var length: Int
        var digest: String
    }

    private static func taken(in snapshot: URL, with former: Mark?, place: URL) throws -> (Mark?, [Taken]) {
        try DatabaseQueue(path: snapshot.path).write { db in
            if let former, try !has(former, db) { throw Refusal.wouldLose(place.path, former) }
            // Whatever was still on its way begins anew there: its bytes aren't copied.
            try db.execute(sql: "DELETE FROM upload WHERE id NOT IN (SELECT id FROM decision)")
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT id, length, sealed_digest FROM upload JOIN decision USING (id) WHERE number IS NOT NULL ORDER BY number")
            let taken = rows.compactMap { row in
                UUID(wireText: row["id"] as String).map { Taken(id: $0, length: row["length"], digest: row["sealed_digest"]) }
            }
            return (try lastMark(db), taken)
        }
    }

    /// - Returns: false when it was there already
    private func copy(_ packet: Taken, to packets: URL) throws -> Bool {
        let target = packets.appendingPathComponent(packet.id.wireText)
        // It got its name only when it was whole and on the disk.
        let size = try? FileManager.default.attributesOfItem(atPath: target.path)[.size] as? NSNumber
        if size?.intValue == packet.length { return false }
        let part = packets.appendingPathComponent(packet.id.wireText + ".part")
        try? FileManager.default.removeItem(at: part)
        let source = FileHandle(
            fileDescriptor: try SystemFile.open(data.appendingPathComponent("packets").appendingPathComponent(packet.id.wireText), O_RDONLY),
            closeOnDealloc: true)
        let copy = FileHandle(fileDescriptor: try SystemFile.open(part, O_WRONLY | O_CREAT | O_EXCL), closeOnDealloc: true)
        var digest = Digest()
        while let bytes = try source.read(upToCount: 1 << 20), !bytes.isEmpty {
            digest.update(bytes)
            try copy.write(contentsOf: bytes)
        }
        guard digest.hexadecimal == packet.digest else { throw Damaged(packet: packet.id) }
        try copy.synchronize()
        try copy.close()
        guard rename(part.path, target.path) == 0 else { throw PlatformError.file(target.path, errno: errno) }
        return true
    }

    private static func synchronize(_ file: URL) throws {
        let descriptor = try SystemFile.open(file, O_RDONLY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw PlatformError.file(file.lastPathComponent, errno: errno) }
    }
}
