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

    /// - Throws: `KioskKeyError`: `missing`, `readableByOthers` when group or others have any access, `invalid` for a file that holds no key.
    public init(contentsOf file: URL) throws {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file.path) else { throw KioskKeyError.missing(path: file.path) }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 == 0 else { throw KioskKeyError.readableByOthers(path: file.path) }
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: try String(contentsOf: file, encoding: .utf8)) else {
            throw KioskKeyError.invalid(path: file.path)
        }
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
