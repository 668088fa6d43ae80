import Foundation
import PlatformAPI

/// The platform's private keys: files of 32 bytes with mode 0600 under `keys/`, made at the first start.
///
/// Who holds `keys/` opens every packet: mount it from another place than the data where that matters.
struct KeyStore: Sendable {
    let sealing: SealingPrivateKey
    let acknowledgement: AcknowledgementSigner

    init(directory: URL) throws {
        let keys = directory.appendingPathComponent("keys")
        try PrivateDirectory.make(keys)
        sealing = try Self.load(
            "sealing.key", in: keys, make: { SealingPrivateKey().rawRepresentation }, open: SealingPrivateKey.init(rawRepresentation:))
        acknowledgement = try Self.load(
            "acknowledgement.key", in: keys, make: { AcknowledgementSigner().rawRepresentation }, open: AcknowledgementSigner.init(rawRepresentation:)
        )
    }

    private static func load<Key>(_ name: String, in directory: URL, make: () -> Data, open: (Data) throws -> Key) throws -> Key {
        let file = directory.appendingPathComponent(name)
        if !FileManager.default.fileExists(atPath: file.path) {
            try write(make(), to: file, in: directory)
        }
        guard let bytes = try? Data(contentsOf: file), let key = try? open(bytes) else { throw PlatformError.badKeyFile(name) }
        return key
    }

    /// The key is complete on disk before it has its name; `link` lets exactly one of two processes that start together win.
    private static func write(_ bytes: Data, to file: URL, in directory: URL) throws {
        let draft = directory.appendingPathComponent(".\(UUID().uuidString)")
        defer { unlink(draft.path) }
        let descriptor = try SystemFile.open(draft, O_WRONLY | O_CREAT | O_EXCL)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: bytes)
        try handle.synchronize()
        try handle.close()
        guard link(draft.path, file.path) == 0 || errno == EEXIST else { throw PlatformError.file(file.path, errno: errno) }
        try SystemFile.synchronize(directory: directory)
    }
}

enum PrivateDirectory {
    static func make(_ directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}

/// The few system calls that Foundation does not offer with the guarantees needed here.
enum SystemFile {
    /// A file descriptor that no child inherits; new files get mode 0600.
    static func open(_ file: URL, _ flags: Int32) throws -> Int32 {
        let descriptor = Foundation.open(file.path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw PlatformError.file(file.lastPathComponent, errno: errno) }
        return descriptor
    }

    /// Makes new and removed names in a directory durable.
    static func synchronize(directory: URL) throws {
        let descriptor = try open(directory, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw PlatformError.file(directory.lastPathComponent, errno: errno) }
    }
}
