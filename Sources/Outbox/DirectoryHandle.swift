internal import Foundation
internal import Glibc

/// An open directory, closed with this object. Names are resolved against its descriptor, which is also what gets fsynced: what this type
/// calls durable is durable even if somebody renames the directory's parents meanwhile.
final class DirectoryHandle: Sendable {
    let url: URL
    let descriptor: Int32

    init(url: URL) throws {
        self.url = url
        descriptor = Glibc.open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OutboxError.system("open", of: url.lastPathComponent) }
    }

    /// The directory is made when it is missing; its parent must exist. It belongs to whom its parent belongs to, as a technician may be another user
    /// than kioskd.
    convenience init(making url: URL) throws {
        if mkdir(url.path, 0o700) == 0 {
            var parent = stat()
            guard stat(url.deletingLastPathComponent().path, &parent) == 0, lchown(url.path, parent.st_uid, parent.st_gid) == 0 || geteuid() != 0
            else { throw OutboxError.system("chown", of: url.lastPathComponent) }
        } else if errno != EEXIST {
            throw OutboxError.system("mkdir", of: url.lastPathComponent)
        }
        try self.init(url: url)
    }

    deinit { close(descriptor) }

    /// Makes new, renamed and removed names durable.
    func sync() throws {
        // Swift may let go of an object after the last read of its properties, which would close what fsync works on.
        try withExtendedLifetime(self) {
            guard fsync(descriptor) == 0 else { throw OutboxError.system("fsync", of: "directory") }
        }
    }

    /// bytes of the file system that are free for this user; what it keeps for root isn't
    func freeBytes() throws -> Int {
        try withExtendedLifetime(self) {
            var space = statvfs()
            guard fstatvfs(descriptor, &space) == 0 else { throw OutboxError.system("fstatvfs", of: url.lastPathComponent) }
            let (bytes, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
            return overflow ? .max : Int(clamping: bytes)
        }
    }

    /// Opens a file for reading; nil when it isn't there.
    func open(_ name: String) throws -> Int32? {
        try withExtendedLifetime(self) {
            let file = openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if file >= 0 { return file }
            guard errno == ENOENT else { throw OutboxError.system("open", of: name) }
            return nil
        }
    }

    /// Opens a new file for writing; it must not exist.
    func create(_ name: String) throws -> Int32 {
        try withExtendedLifetime(self) {
            let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw OutboxError.system("open", of: name) }
            return file
        }
    }

    /// Makes a file this directory's owner's alone: whoever made it may be another user than kioskd.
    func giveToOwner(_ name: String) throws {
        try withExtendedLifetime(self) {
            var own = stat()
            guard fstat(descriptor, &own) == 0, fchmodat(descriptor, name, 0o600, 0) == 0,
                fchownat(descriptor, name, own.st_uid, own.st_gid, AT_SYMLINK_NOFOLLOW) == 0 || geteuid() != 0
            else { throw OutboxError.system("chown", of: name) }
        }
    }

    /// Removes a file.
    /// - Returns: false when there is no such file
    @discardableResult
    func remove(_ name: String) throws -> Bool {
        try withExtendedLifetime(self) {
            if unlinkat(descriptor, name, 0) == 0 { return true }
            guard errno == ENOENT else { throw OutboxError.system("unlink", of: name) }
            return false
        }
    }

    /// Renames, within this directory or into another one of the same file system.
    /// - Returns: false when there is no such file
    @discardableResult
    func rename(_ old: String, to new: String, in other: DirectoryHandle? = nil) throws -> Bool {
        try withExtendedLifetime((self, other)) {
            if renameat(descriptor, old, (other ?? self).descriptor, new) == 0 { return true }
            guard errno == ENOENT else { throw OutboxError.system("rename", of: old) }
            return false
        }
    }

    /// The names in here, some at a time, so that a directory of a million costs no memory.
    /// - Parameter take: returns whether to go on
    func forEachName(atOnce: Int, _ take: ([String]) throws -> Bool) throws {
        // Its own open file description: reading through the shared one would move a position that other readers share.
        let copy = withExtendedLifetime(self) { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard copy >= 0 else { throw OutboxError.system("open", of: url.lastPathComponent) }
        guard let stream = fdopendir(copy) else {
            let error = OutboxError.system("opendir", of: url.lastPathComponent)
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name == "." || name == ".." { continue }
            names.append(name)
            if names.count == atOnce {
                guard try take(names) else { return }
                names.removeAll(keepingCapacity: true)
            }
        }
        guard errno == 0 else { throw OutboxError.system("readdir", of: url.lastPathComponent) }
        if !names.isEmpty { _ = try take(names) }
    }

    /// Whether nothing lies in here.
    func isEmpty() throws -> Bool {
        var empty = true
        try forEachName(atOnce: 1) { _ in
            empty = false
            return false
        }
        return empty
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
