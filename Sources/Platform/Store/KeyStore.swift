import Foundation
import PlatformAPI

/// The platform's private keys: files with mode 0600 under `keys/`, 32 bytes or, of a national key, PEM; the first of each kind made at the first start.
///
/// Kiosks seal to the sealing key with the highest number; the others open what was sealed before, and are never taken away.
/// Who holds `keys/` opens every packet: mount it from another place than the data where that matters.
struct KeyStore: Sendable {
    /// The latest first, numbered from 1 at the end.
    let sealing: [SealingPrivateKey]
    let acknowledgement: AcknowledgementSigner
    private let directory: URL

    /// - Parameter directory: the platform's data
    /// - Throws: `PlatformError`: `badKeyFile`; `unsupportedKeyFile`; `missingKeyFile` when not all are there that there must be, so that none is made in the place of one that has packets.
    init(directory: URL) throws {
        let keys = directory.appendingPathComponent("keys")
        try PrivateDirectory.make(keys)
        self.directory = keys
        let isNew = !FileManager.default.fileExists(atPath: directory.appendingPathComponent("platform.sqlite").path)
        let numbers = try Self.numbers(in: keys)
        if let gap = (1...max(1, numbers.last ?? 1)).first(where: { !numbers.contains($0) }), !isNew || !numbers.isEmpty {
            throw PlatformError.missingKeyFile(Self.sealingName(gap))
        }
        guard isNew || FileManager.default.fileExists(atPath: keys.appendingPathComponent(Self.acknowledgementName).path) else {
            throw PlatformError.missingKeyFile(Self.acknowledgementName)
        }
        sealing = try (numbers.isEmpty ? [1] : numbers).reversed().map { try Self.sealingKey($0, in: keys) }
        acknowledgement = try Self.load(
            Self.acknowledgementName, in: keys, make: { AcknowledgementSigner().rawRepresentation },
            open: AcknowledgementSigner.init(rawRepresentation:))
    }

    /// Of the sealing keys, in order.
    private static func numbers(in keys: URL) throws -> [Int] {
        try FileManager.default.contentsOfDirectory(atPath: keys.path)
            .compactMap { name in name.wholeMatch(of: /sealing-([1-9][0-9]{0,5})\.key/).flatMap { Int($0.1) } }.sorted()
    }

    /// Makes the next sealing key, durable on return.
    /// - Parameter profile: nil for that of the key before it
    func rotated(to profile: CryptoProfile?) throws -> SealingPrivateKey {
        try Self.sealingKey(sealing.count + 1, in: directory, profile ?? sealing[0].publicKey.profile)
    }

    /// What kiosks are told. The keys before it aren't theirs to know: one that is too old for the profile of any in the list couldn't read the rest.
    func currentStatement() throws -> SealingKeyStatement {
        try acknowledgement.sign(sealing[0].publicKey, generation: UInt64(sealing.count))
    }

    private static let acknowledgementName = "acknowledgement.key"

    private static func sealingName(_ number: Int) -> String { "sealing-\(number).key" }

    /// - Parameter profile: of a key that is made because it isn't there
    private static func sealingKey(_ number: Int, in keys: URL, _ profile: CryptoProfile = .international) throws -> SealingPrivateKey {
        try load(
            sealingName(number), in: keys, make: { try SealingPrivateKey(profile: profile).rawRepresentation },
            open: SealingPrivateKey.init(rawRepresentation:))
    }

    private static func load<Key>(_ name: String, in directory: URL, make: () throws -> Data, open: (Data) throws -> Key) throws -> Key {
        let file = directory.appendingPathComponent(name)
        if !FileManager.default.fileExists(atPath: file.path) {
            try write(make(), to: file, in: directory)
        }
        guard let bytes = try? Data(contentsOf: file) else { throw PlatformError.badKeyFile(name) }
        do {
            return try open(bytes)
        } catch NationalCryptoError.failed {
            throw PlatformError.unsupportedKeyFile(name)
        } catch {
            throw PlatformError.badKeyFile(name)
        }
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

    /// Makes an open file that of its directory's owner: an administrator may be another user than the server.
    static func give(_ descriptor: Int32, toOwnerOf directory: URL) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path)
        guard let user = attributes[.ownerAccountID] as? NSNumber, let group = attributes[.groupOwnerAccountID] as? NSNumber,
            fchown(descriptor, user.uint32Value, group.uint32Value) == 0 || geteuid() != 0
        else {
            throw PlatformError.file(directory.lastPathComponent, errno: errno)
        }
    }

    /// Makes new and removed names in a directory durable.
    static func synchronize(directory: URL) throws {
        let descriptor = try open(directory, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw PlatformError.file(directory.lastPathComponent, errno: errno) }
    }
}
