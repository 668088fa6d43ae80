import BenchLine
import Foundation
import GRDB
import Logging
import Outbox
import PlatformAPI

/// An outbox with things in it.
enum FilledOutbox {
    /// 2 KB that don't compress.
    static let payload = Data((0..<2048).map { _ in UInt8.random(in: 0...255) })
    static let digest = Digest.sha256(payload)

    static let silent = Logger(label: "outbox", factory: { _ in SwiftLogNoOpLogHandler() })

    static func open(_ directory: URL) throws -> Outbox {
        try Outbox(directory: directory, logger: silent)
    }

    /// So many commits of one item each.
    static func time(of count: Int, in outbox: Outbox) throws -> Duration {
        let began = ContinuousClock.now
        for _ in 0..<count {
            let draft = OutboxDraft(id: UUID.v7(at: Date()), kind: "application", reference: "TEST-0001")
            _ = try outbox.commit([draft], at: Date()) { _, _, sink in try sink(payload) }
        }
        return ContinuousClock.now - began
    }

    /// Makes an outbox in which so many items wait, as if they had been committed a millisecond after each other, but without the fsyncs that would take hours:
    /// what is measured comes later, after everything was brought to the disk. Each has its row and its file, the same bytes under a name of its own.
    static func fill(_ directory: URL, count: Int) throws {
        _ = try open(directory)
        var file = SharedFile(directory: directory.appending(path: "payloads"))
        let began = Date().addingTimeInterval(-Double(count) / 1000)
        let queue = try DatabaseQueue(path: directory.appending(path: "outbox.sqlite").path)
        try queue.inDatabase { db in
            // The outbox sets its own when it is opened.
            try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
            try db.inTransaction {
                let insert = try db.makeStatement(
                    sql: """
                        INSERT INTO item (sequence, id, kind, reference, state, byteCount, digest, createdAt)
                        VALUES (?, ?, 'application', 'TEST-0001', 'waiting', ?, ?, ?)
                        """)
                for sequence in 0..<count {
                    let date = began.addingTimeInterval(Double(sequence) / 1000)
                    let id = UUID.v7(at: date).wireText
                    try insert.execute(arguments: [sequence + 1, id, payload.count, digest, Int64(date.timeIntervalSince1970 * 1000)])
                    try file.add("\(id).sealed")
                }
                try db.execute(sql: "UPDATE counter SET lastSequence = ?", arguments: [count])
                return .commit
            }
        }
        try queue.close()
        sync()
    }

    /// The payload under many names.
    private struct SharedFile {
        let directory: URL
        private var names = 0
        private var first = ""

        /// ext4 lets a file have 65,000.
        private static let mostNames = 50_000

        init(directory: URL) {
            self.directory = directory
        }

        mutating func add(_ name: String) throws {
            let path = "\(directory.path)/\(name)"
            if names % Self.mostNames == 0 {
                first = path
                try payload.write(to: URL(filePath: path))
            } else if link(first, path) != 0 {
                throw BenchFailure("a payload can't have another name: errno \(errno)")
            }
            names += 1
        }
    }
}
