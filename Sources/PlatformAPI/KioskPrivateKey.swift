import Crypto
public import Foundation

/// A kiosk's key in a file that is for its owner alone: PKCS#8 as PEM, mode 0600.
///
/// Whoever takes the disk takes the key, and can sign as this kiosk until it is enrolled with another; they can't read a packet with it.
public struct KioskPrivateKey: KioskSigner {
    private let key: P256.Signing.PrivateKey
    public let publicKey: KioskKey

    /// A fresh key from the system's random source.
    public init() throws {
        try self.init(P256.Signing.PrivateKey())
    }

    /// - Throws: `KioskKeyError`: `missing`, `unreadable`, `readableByOthers` when group or others have any access, `invalid` for a file that holds no key.
    public init(contentsOf file: URL) throws {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? KioskKeyError.missing(path: file.path) : KioskKeyError.unreadable(path: file.path, errno: errno)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw KioskKeyError.unreadable(path: file.path, errno: errno) }
        guard status.st_mode & 0o077 == 0 else { throw KioskKeyError.readableByOthers(path: file.path) }
        guard let bytes = try? handle.read(upToCount: 64 << 10),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: bytes, as: UTF8.self))
        else { throw KioskKeyError.invalid(path: file.path) }
        try self.init(key)
    }

    private init(_ key: P256.Signing.PrivateKey) throws {
        self.key = key
        publicKey = try KioskKey(publicKey: key.publicKey.x963Representation)
    }

    /// Writes the file with mode 0600, and refuses to replace an existing one.
    /// - Throws: `KioskKeyError.notWritable`
    public func write(to file: URL) throws {
        try PrivateFile.write(Data((key.pemRepresentation + "\n").utf8), to: file) { KioskKeyError.notWritable(path: file.path, errno: $0) }
    }

    public func sign(_ bytes: Data) throws -> Data {
        try key.signature(for: bytes).rawRepresentation
    }

    /// Where a kiosk's key lies unless it was told otherwise: beside its credential.
    public static func place(beside credential: URL) -> URL {
        credential.deletingLastPathComponent().appendingPathComponent("signing.pem")
    }
}
