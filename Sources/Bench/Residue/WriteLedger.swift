import Foundation
import Synchronization

/// Everything that traced processes handed to regular files, kept in memory: a trace on disk would itself be the residue.
///
/// Writes to one path are joined in the order they came, so that a value cut in two by two writes is whole again.
public final class WriteLedger: Sendable {
    struct File {
        var bytes: [UInt8] = []
        /// Where each write began in `bytes`.
        var starts: [Int] = []
        var deleted = false
    }

    struct Content {
        var files: [String: File] = [:]
        var mapped: Set<String> = []
        var unseen: Set<String> = []
        var names: Set<String> = []
        /// Old name to new name, the last one.
        var renames: [String: String] = [:]
        /// What mapped files held when they were looked at.
        var captured: [String: [UInt8]] = [:]
        var byteCount = 0
        var overflowed = false
    }

    private let content = Mutex(Content())
    private let capacity: Int

    /// - Parameter capacity: bytes; past it the ledger is incomplete and says so
    public init(capacity: Int = 1 << 30) {
        self.capacity = capacity
    }

    public func record(_ event: TraceEvent) {
        content.withLock { content in
            switch event {
            case .write(let path, let bytes, let deleted):
                guard content.byteCount + bytes.count <= capacity else {
                    content.overflowed = true
                    return
                }
                content.byteCount += bytes.count
                content.files[path, default: File()].append(bytes, deleted: deleted)
            case .mapping(let path): content.mapped.insert(path)
            case .unseen(let path): content.unseen.insert(path)
            case .name(let name): content.names.insert(name)
            case .renamed(let old, let new):
                content.renames[old] = new
                content.names.insert(new)
            }
        }
    }

    /// Looks into the mapped files now: some are removed when their process ends in order.
    public func captureMappedFiles() {
        for path in content.withLock({ $0.mapped }) {
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            content.withLock { $0.captured[path, default: []] += data }
        }
    }

    var snapshot: Content { content.withLock { $0 } }

    /// How much was seen: a search that saw nothing proves nothing.
    public var summary: (files: Int, bytes: Int) {
        content.withLock { ($0.files.count, $0.byteCount) }
    }

    /// Bytes seen going into files below this directory.
    public func bytesWritten(under directory: String) -> Int {
        content.withLock { $0.files.filter { $0.key.hasPrefix(directory) }.values.reduce(0) { $0 + $1.bytes.count } }
    }
}

extension WriteLedger.File {
    fileprivate mutating func append(_ more: [UInt8], deleted: Bool) {
        starts.append(bytes.count)
        bytes += more
        self.deleted = self.deleted || deleted
    }
}
