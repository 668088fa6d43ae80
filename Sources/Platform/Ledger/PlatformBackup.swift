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
    /// To restore, give a server a directory with the same content, and the keys.
    /// - Parameter progress: called with the number of packets looked at and how many there are
    public func run(to place: URL, progress: (Int, Int) throws -> Void = { _, _ in }) throws -> Result {
        let packets = place.appendingPathComponent("packets")
        try PrivateDirectory.make(packets)
        let snapshot = place.appendingPathComponent("platform.sqlite.part")
        try? FileManager.default.removeItem(at: snapshot)
        // A snapshot first: every packet that it knows of is complete, and never changes.
        try database.queue.inDatabase { db in try db.execute(sql: "VACUUM INTO ?", arguments: [snapshot.path]) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: snapshot.path)
        let (through, taken) = try Self.taken(in: snapshot)
        var result = Result(through: through, packets: taken.count, copied: 0)
        for (index, packet) in taken.enumerated() {
            try progress(index, taken.count)
            result.copied += try copy(packet, to: packets) ? 1 : 0
        }
        try SystemFile.synchronize(directory: packets)
        try Self.synchronize(snapshot)
        guard rename(snapshot.path, place.appendingPathComponent("platform.sqlite").path) == 0 else {
            throw PlatformError.file(snapshot.path, errno: errno)
        }
        try SystemFile.synchronize(directory: place)
        try record(through: through)
        return result
    }

    /// Tells the kiosks that everything up to a number of the ledger is in a backup, however that was made.
    /// - Throws: `PlatformError.notInLedger` for a number that was never given.
    public func record(through number: UInt64) throws {
        try database.queue.write { db in
            guard try number <= LedgerStore.last(db) else { throw PlatformError.notInLedger(number) }
            try db.execute(
                sql: "INSERT OR IGNORE INTO backup (through, made_at) VALUES (?, ?)", arguments: [Int64(bitPattern: number), Date().seconds])
        }
    }

    /// The last number of the ledger: what a backup that begins now will have.
    public func lastNumber() throws -> UInt64 {
        try database.queue.read { db in try LedgerStore.last(db) }
    }

    private struct Taken {
        var id: UUID
        var length: Int
        var digest: String
    }

    private static func taken(in snapshot: URL) throws -> (through: UInt64, [Taken]) {
        try DatabaseQueue(path: snapshot.path).write { db in
            // Whatever was still on its way begins anew there: its bytes aren't copied.
            try db.execute(sql: "DELETE FROM upload WHERE id NOT IN (SELECT id FROM decision)")
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT id, length, sealed_digest FROM upload JOIN decision USING (id) WHERE number IS NOT NULL ORDER BY number")
            let taken = rows.compactMap { row in
                UUID(wireText: row["id"] as String).map { Taken(id: $0, length: row["length"], digest: row["sealed_digest"]) }
            }
            return (try LedgerStore.last(db), taken)
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
