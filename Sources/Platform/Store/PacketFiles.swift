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
    func writer(_ id: UUID, at offset: Int) async throws -> PacketWriter {
        try await Blocking.run {
            let descriptor = try SystemFile.open(url(id), O_WRONLY | O_CREAT)
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            if offset == 0 { try SystemFile.synchronize(directory: directory) }
            return PacketWriter(handle: handle, offset: try Self.cut(handle, to: offset))
        }
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

    func remove(_ id: UUID) async throws {
        try await Blocking.run {
            guard unlink(url(id).path) == 0 || errno == ENOENT else { throw PlatformError.file(id.wireText, errno: errno) }
            try SystemFile.synchronize(directory: directory)
        }
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
