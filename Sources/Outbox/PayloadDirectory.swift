internal import Foundation
internal import Glibc
#if MUTANTS
    internal import Mutants
#endif

/// The sealed files: `<id>.sealed`, and `<id>.part` while one is written.
///
/// All names are resolved against one open directory, whose descriptor is also what gets fsynced: what this type
/// calls durable is durable even if somebody renames the directory's parents meanwhile.
struct PayloadDirectory: Sendable {
    static let sealed = ".sealed"
    static let part = ".part"
    static let abandoned = ".abandoned"

    let url: URL
    private let handle: DirectoryHandle

    init(url: URL) throws {
        self.url = url
        if mkdir(url.path, 0o700) != 0, errno != EEXIST { throw OutboxError.system("mkdir", of: url.lastPathComponent) }
        handle = try DirectoryHandle(url: url)
    }

    static func name(_ id: UUID) -> String { id.uuidString.lowercased() }

    func fileURL(_ id: UUID) -> URL { url.appendingPathComponent(Self.name(id) + Self.sealed) }

    /// Opens `<id>.part` for writing; it must not exist.
    func create(_ id: UUID) throws -> SealedFileWriter {
        let file = openat(handle.descriptor, Self.name(id) + Self.part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw OutboxError.system("open", of: Self.name(id) + Self.part) }
        return SealedFileWriter(owning: file, name: Self.name(id) + Self.part)
    }

    /// Gives a finished file its final name. Durable only after `sync()`.
    func publish(_ id: UUID) throws {
        try rename(Self.name(id) + Self.part, to: Self.name(id) + Self.sealed)
    }

    /// Takes a file back out of sight in one step that needs no room on the disk, with the sequence numbers whose rows must not live.
    func abandon(_ id: UUID, sequences: ClosedRange<UInt64>) throws {
        try rename(Self.name(id) + Self.sealed, to: "\(sequences.lowerBound)-\(sequences.upperBound)\(Self.abandoned)")
    }

    /// Fsyncs the directory.
    func sync() throws {
        #if MUTANTS
            if Mutant.noDirectoryFsync.isAwake { return }
        #endif
        try handle.sync()
    }

    /// Removes a file if it is there.
    func remove(_ name: String) throws {
        if unlinkat(handle.descriptor, name, 0) != 0, errno != ENOENT { throw OutboxError.system("unlink", of: name) }
    }

    /// Every name in the directory with its size in bytes.
    func contents() throws -> [String: Int] {
        // Its own open file description: reading through the shared one would move a position that other readers share.
        let copy = openat(handle.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard copy >= 0 else { throw OutboxError.system("open", of: url.lastPathComponent) }
        guard let stream = fdopendir(copy) else {
            let error = OutboxError.system("opendir", of: url.lastPathComponent)
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var sizes: [String: Int] = [:]
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            var status = stat()
            if fstatat(copy, name, &status, AT_SYMLINK_NOFOLLOW) == 0 {
                if status.st_mode & S_IFMT == S_IFREG { sizes[name] = Int(status.st_size) }
            } else if errno != ENOENT {
                // A disk that doesn't answer isn't a file that is gone: what was acknowledged must not be set aside for it.
                throw OutboxError.system("stat", of: name)
            }
            errno = 0
        }
        guard errno == 0 else { throw OutboxError.system("readdir", of: url.lastPathComponent) }
        return sizes
    }

    private func rename(_ old: String, to new: String) throws {
        guard renameat(handle.descriptor, old, handle.descriptor, new) == 0 else { throw OutboxError.system("rename", of: old) }
    }
}

/// An open directory, closed with this object.
final class DirectoryHandle: Sendable {
    let descriptor: Int32

    init(url: URL) throws {
        descriptor = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OutboxError.system("open", of: url.lastPathComponent) }
    }

    deinit { close(descriptor) }

    func sync() throws {
        // Swift may let go of an object after the last read of its properties, which would close what fsync works on.
        try withExtendedLifetime(self) {
            guard fsync(descriptor) == 0 else { throw OutboxError.system("fsync", of: "directory") }
        }
    }
}

extension OutboxError {
    /// An error out of `errno`. `file` is a name of ours: an id or a fixed word.
    static func system(_ call: String, of file: String) -> OutboxError {
        let number = errno
        let noRoom = number == ENOSPC || number == EDQUOT || number == EFBIG
        return OutboxError(noRoom ? .diskFull : .io, "\(call) of \(file): \(String(cString: strerror(number))) (errno \(number))")
    }
}
