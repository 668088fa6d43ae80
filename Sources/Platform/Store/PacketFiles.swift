import Foundation
import PlatformAPI

/// The sealed packets on disk, exactly as they were received: `packets/<id>`. They are opened in memory when somebody reads them.
struct PacketFiles: Sendable {
    private let directory: URL

    init(directory: URL) throws {
        self.directory = directory.appendingPathComponent("packets")
        try PrivateDirectory.make(self.directory)
    }

    func url(_ id: UUID) -> URL {
        directory.appendingPathComponent(id.wireText)
    }

    /// Opens the file for appending at `offset`, cutting off what a crash left behind it.
    /// Call within `UploadStore.whileUndecided`. Blocks.
    func writer(_ id: UUID, at offset: Int) throws -> PacketWriter {
        let descriptor = try SystemFile.open(url(id), O_WRONLY | O_CREAT)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        if offset == 0 { try SystemFile.synchronize(directory: directory) }
        return PacketWriter(handle: handle, offset: try Self.cut(handle, to: offset))
    }

    /// A file shorter than its recorded offset has lost acknowledged bytes; that must never pass for a resumable upload.
    private static func cut(_ handle: FileHandle, to offset: Int) throws -> Int {
        guard try handle.seekToEnd() >= UInt64(offset) else { throw PlatformError.file("packet", errno: EIO) }
        try handle.truncate(atOffset: UInt64(offset))
        return offset
    }

    /// bytes; 0 for a file that isn't there
    func size(_ id: UUID) async -> Int {
        let size = try? await Blocking.run { try FileManager.default.attributesOfItem(atPath: url(id).path)[.size] as? NSNumber }
        return size?.intValue ?? 0
    }

    /// Copies a file to the disk beside the packets, for `place`.
    /// - Throws: `UnreadableFile` when it is the source that fails
    func stage(_ id: UUID, from source: URL) async throws -> Staged {
        try await Blocking.run {
            let copy = FileHandle(fileDescriptor: try SystemFile.open(staged(id), O_WRONLY | O_CREAT | O_TRUNC), closeOnDealloc: true)
            try SystemFile.give(copy.fileDescriptor, toOwnerOf: directory)
            var staged = Staged(digest: "", byteCount: 0)
            var digest = Digest()
            try UnreadableFile.read(source) { bytes in
                digest.update(bytes)
                staged.byteCount += bytes.count
                try copy.write(contentsOf: bytes)
            }
            try copy.synchronize()
            staged.digest = digest.hexadecimal
            return staged
        }
    }

    struct Staged: Sendable {
        /// SHA-256 of what was copied, lower-case hexadecimal
        var digest: String
        var byteCount: Int
    }

    /// SHA-256 of a packet's file, lower-case hexadecimal; nil when there is none, or it can't be read.
    func digest(_ id: UUID) async -> String? {
        await withCheckedContinuation { continuation in
            Blocking.queue.async {
                var digest = Digest()
                let isRead = (try? UnreadableFile.read(url(id)) { digest.update($0) }) != nil
                continuation.resume(returning: isRead ? digest.hexadecimal : nil)
            }
        }
    }

    /// Makes what was staged the packet's file, in the place of whatever an upload has written so far. Durable on return. Blocks.
    func place(_ id: UUID) throws {
        guard rename(staged(id).path, url(id).path) == 0 else { throw PlatformError.file(id.wireText, errno: errno) }
        try SystemFile.synchronize(directory: directory)
    }

    /// Holds off other imports until the handle is let go of, and sweeps what one left behind that was killed.
    func lockImport() throws -> FileHandle {
        let lock = FileHandle(
            fileDescriptor: try SystemFile.open(directory.deletingLastPathComponent().appendingPathComponent("import.lock"), O_RDWR | O_CREAT),
            closeOnDealloc: true)
        guard flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else { throw PlatformError.importUnderWay }
        try SystemFile.give(lock.fileDescriptor, toOwnerOf: directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) where name.hasSuffix(".import") {
            unlink(directory.appendingPathComponent(name).path)
        }
        return lock
    }

    /// Lets go of what was staged and isn't needed.
    func unstage(_ id: UUID) { unlink(staged(id).path) }

    private func staged(_ id: UUID) -> URL { directory.appendingPathComponent(id.wireText + ".import") }

    func remove(_ id: UUID) async throws {
        try await Blocking.run { try erase(id) }
    }

    /// The same. Blocks.
    func erase(_ id: UUID) throws {
        guard unlink(url(id).path) == 0 || errno == ENOENT else { throw PlatformError.file(id.wireText, errno: errno) }
        try SystemFile.synchronize(directory: directory)
    }

    /// Lends the file for reading, off the cooperative pool.
    func read<Result: Sendable>(_ id: UUID, _ body: @escaping @Sendable (FileHandle) throws -> Result) async throws -> Result {
        try await Blocking.run {
            let handle = FileHandle(fileDescriptor: try SystemFile.open(url(id), O_RDONLY), closeOnDealloc: true)
            return try body(handle)
        }
    }
}

/// Appends to one packet file. Belongs to one request, which holds the upload's lock.
actor PacketWriter {
    private let handle: FileHandle
    /// bytes of the file
    private(set) var offset: Int

    init(handle: FileHandle, offset: Int) {
        self.handle = handle
        self.offset = offset
    }

    func append(_ bytes: Data) async throws {
        let handle = handle
        try await Blocking.run { try handle.write(contentsOf: bytes) }
        offset += bytes.count
    }

    func truncate(to offset: Int) async throws {
        let handle = handle
        try await Blocking.run { try handle.truncate(atOffset: UInt64(offset)) }
        self.offset = offset
    }

    /// Everything appended so far is on the disk when this returns.
    func synchronize() async throws {
        let handle = handle
        try await Blocking.run { try handle.synchronize() }
    }
}

/// A file of somebody else's that can't be read, or not to its end.
struct UnreadableFile: Error, CustomStringConvertible {
    var name: String
    /// As `errno` says it.
    var code: Int32

    var description: String { "\(name): \(String(cString: strerror(code)))" }

    /// Hands out a file's bytes in pieces; a symbolic link is no file.
    /// - Parameter limit: bytes; nil to the end
    /// - Throws: `UnreadableFile`, and what `take` throws
    static func read(_ file: URL, atMost limit: Int? = nil, _ take: (Data) throws -> Void) throws {
        let descriptor = Foundation.open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw UnreadableFile(name: file.lastPathComponent, code: errno) }
        defer { close(descriptor) }
        var rest = limit ?? .max
        var buffer = Data(count: min(rest, 1 << 20))
        while rest > 0 {
            let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, min($0.count, rest)) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw UnreadableFile(name: file.lastPathComponent, code: errno) }
            if count == 0 { return }
            rest -= count
            try take(Data(buffer.prefix(count)))
        }
    }
}
