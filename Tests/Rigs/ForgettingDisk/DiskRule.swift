/// What a disk does wrong, and when. Rules add up: the first error counts, delays are summed.
public struct DiskRule: Sendable, Equatable {
    /// What it applies to; named as the system calls are.
    public enum Operation: String, Sendable, CaseIterable {
        case read, open, write
        /// ftruncate, fallocate, and the O_TRUNC of an open.
        case truncate
        /// fsync, fdatasync and msync of a file.
        case fsync
        /// fsync of a directory.
        case fsyncdir
        case create, mkdir, unlink, rmdir, rename, link, symlink
        /// chmod, chown, utimensat.
        case attributes
        case any
    }

    /// What the program is answered.
    public enum Failure: String, Sendable, CaseIterable {
        case inputOutput = "EIO"
        case noSpace = "ENOSPC"
        case overQuota = "EDQUOT"
        case readOnly = "EROFS"
    }

    public var operation: Operation
    /// fnmatch(3) pattern of the path below the mount point, without a leading slash; `*` matches a slash too. No white space.
    public var path: String
    /// Matching operations that pass before the first it applies to.
    public var after: Int
    /// How often it applies; nil for always.
    public var times: Int?
    /// Nil lets the operation happen. A failing fsync drops the file's unsynced pages, as Linux does: the next one succeeds, the data is gone.
    public var failure: Failure?
    /// Before the operation, or its failure; rounded to milliseconds, at most ten minutes.
    public var delay: Duration

    public init(
        _ operation: Operation, path: String = "*", after: Int = 0, times: Int? = nil, failure: Failure? = nil, delay: Duration = .zero
    ) {
        self.operation = operation
        self.path = path
        self.after = after
        self.times = times
        self.failure = failure
        self.delay = delay
    }

    /// The line forgetfs understands.
    var line: String {
        let parts = delay.components
        let milliseconds = parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
        let error = failure.map { " error=\($0.rawValue)" } ?? ""
        return "rule op=\(operation.rawValue) path=\(path) after=\(after) times=\(times ?? 0) delay=\(milliseconds)\(error)"
    }
}
