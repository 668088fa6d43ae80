import Crypto
import Foundation
import GRDB
import Logging
import Outbox

/// An outbox with things in it.
enum FilledOutbox {
    /// 2 KB that don't compress.
    static let payload = Data((0..<2048).map { _ in UInt8.random(in: 0...255) })
    static let digest = SHA256.hash(data: payload).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()

    static func open(_ directory: URL) throws -> Outbox {
        try Outbox(directory: directory, logger: Logger(label: "outbox", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// So many commits of one item each.
    static func time(of count: Int, in outbox: Outbox) throws -> Duration {
        let began = ContinuousClock.now
        for _ in 0..<count {
            let draft = OutboxDraft(id: UUID(), kind: "application", reference: "TEST-0001")
            _ = try outbox.commit([draft], at: Date()) { _, _, sink in try sink(payload) }
        }
        return ContinuousClock.now - began
    }

    /// Makes an outbox in which so many items wait, as if they had been committed, but without the fsyncs that would take hours: what is measured comes later,
    /// after everything was brought to the disk.
    static func fill(_ directory: URL, count: Int) throws {
        _ = try open(directory)
        let payloads = directory.appending(path: "payloads")
        let queue = try DatabaseQueue(path: directory.appending(path: "outbox.sqlite").path)
        try queue.write { db in
            let insert = try db.makeStatement(
                sql: """
                    INSERT INTO item (sequence, id, kind, reference, state, byteCount, digest, createdAt)
                    VALUES (?, ?, 'application', 'TEST-0001', 'waiting', ?, ?, 1800000000000)
                    """)
            for sequence in 0..<count {
                let id = UUID().uuidString.lowercased()
                try insert.execute(arguments: [sequence + 1, id, payload.count, digest])
                try payload.write(to: payloads.appending(path: "\(id).sealed"))
            }
            try db.execute(sql: "UPDATE counter SET lastSequence = ?", arguments: [count])
        }
        try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        sync()
    }
}
