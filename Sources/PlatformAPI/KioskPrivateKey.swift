import Crypto
public import Foundation

/// A kiosk's key in a file that is for its owner alone: PKCS#8 as PEM, mode 0600.
///
/// Whoever takes the disk takes the key, and can sign as this kiosk until it is enrolled with another; they can't read a packet with it.
public struct KioskPrivateKey: KioskSigner {
    private enum Secret: Sendable {
        case p256(P256.Signing.PrivateKey)
        case sm2(SM2Key)
    }

    private let secret: Secret
    public let publicKey: KioskKey

    /// A fresh key.
    /// - Throws: `KioskKeyError.unsupported` when OpenSSL lacks what a national one needs
    public init(profile: CryptoProfile = .international) throws {
        switch profile {
        case .international:
            try self.init(.p256(P256.Signing.PrivateKey()))
        case .national:
            do { try self.init(.sm2(SM2Key())) } catch { throw KioskKeyError.unsupported }
        }
    }

    /// - Throws: `KioskKeyError`: `missing`, `unreadable`, `readableByOthers` when group or others have any access, `invalid` for a file that holds no key,
    ///   `unsupported` for one that isn't of P-256 where OpenSSL lacks what a national one needs.
    public init(contentsOf file: URL) throws {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? KioskKeyError.missing(path: file.path) : KioskKeyError.unreadable(path: file.path, errno: errno)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw KioskKeyError.unreadable(path: file.path, errno: errno) }
        guard status.st_mode & 0o077 == 0 else { throw KioskKeyError.readableByOthers(path: file.path) }
        guard let bytes = try? handle.read(upToCount: 64 << 10) else { throw KioskKeyError.invalid(path: file.path) }
        let secret: Secret
        do { secret = try Self.secret(pem: String(decoding: bytes, as: UTF8.self)) } catch { throw KioskKeyError(error, path: file.path) }
        try self.init(secret)
    }

    private init(_ secret: Secret) throws {
        self.secret = secret
        switch secret {
        case .p256(let key): publicKey = try KioskKey(publicKey: key.publicKey.x963Representation)
        case .sm2(let key): publicKey = try KioskKey(publicKey: key.point, profile: .national)
        }
    }

    private static func secret(pem: String) throws -> Secret {
        switch NamedCurve.profile(of: pem) {
        case .international: .p256(try P256.Signing.PrivateKey(pemRepresentation: pem))
        case .national: .sm2(try SM2Key(pem: pem))
        case nil: throw NationalCryptoError.refused
        }
    }

    /// Writes the file with mode 0600, and refuses to replace an existing one.
    /// - Throws: `KioskKeyError.notWritable`
    public func write(to file: URL) throws {
        let pem =
            switch secret {
            case .p256(let key): key.pemRepresentation + "\n"
            case .sm2(let key): try key.pem
            }
        try PrivateFile.write(Data(pem.utf8), to: file) { KioskKeyError.notWritable(path: file.path, errno: $0) }
    }

    public func sign(_ bytes: Data) throws -> Data {
        switch secret {
        case .p256(let key): try key.signature(for: bytes).rawRepresentation
        case .sm2(let key): try key.sign(bytes)
        }
    }

    /// Where a kiosk's key lies unless it was told otherwise: beside its credential.
    public static func place(beside credential: URL) -> URL {
        credential.deletingLastPathComponent().appendingPathComponent("signing.pem")
    }
}
