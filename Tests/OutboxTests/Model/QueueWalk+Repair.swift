import Foundation
import Outbox

extension QueueWalk {
    /// A database is made anew: one that was lost, of the packets; or one that is sound, of its rows.
    mutating func repair() throws {
        let isLost = Bool.random(using: &generator)
        step = isLost ? "the database is lost, and made anew" : "a sound database is made anew"
        var made = OutboxRepair()
        try whileClosed { walk in
            if isLost {
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: walk.home.appendingPathComponent("outbox.sqlite").path + suffix)
                }
            }
            made = try Outbox.repair(directory: walk.home, logger: Self.quiet) { [sealed = walk.sealed] in try Self.label(of: $0, sealed) }
            // As a technician does once everything is delivered: the next to be lost isn't this one.
            try FileManager.default.removeItem(at: walk.home.appendingPathComponent("damaged"))
        }
        let rows = model.items.count
        if isLost {
            model.remakeOfPackets(createdAt: Dictionary(uniqueKeysWithValues: try outbox.entries(limit: .max).map { ($0.id, $0.createdAt) }))
        } else {
            model.remakeOfRows()
        }
        guard made.rows == (isLost ? 0 : rows), made.packets == (isLost ? model.items.count : 0), made.unacknowledged == 0 else {
            throw Difference(description: "it made \(made) of \(rows), not \(model.items.count)")
        }
        try compareAll()
    }

    /// What a packet says of itself, if nobody has changed it.
    private static func label(of file: URL, _ sealed: [UUID: Data]) throws -> OutboxLabel? {
        let bytes = try Data(contentsOf: file)
        let words = String(decoding: bytes, as: UTF8.self).split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 5, let id = UUID(uuidString: words[0]), sealed[id] == bytes, let sequence = UInt64(words[1]) else { return nil }
        return OutboxLabel(id: id, sequence: sequence, kind: words[2], reference: words[3], dependsOn: UUID(uuidString: words[4]))
    }
}
