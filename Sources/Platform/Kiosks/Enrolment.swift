public import Foundation
public import PlatformAPI

/// What an administrator does at the platform's data directory, whether the server runs or not.
public struct Enrolment: Sendable {
    private let tokens: TokenStore
    private let keys: KeyStore
    private let kioskKeys: KioskKeyStore

    /// - Throws: when the directory can't be used; it is made when missing.
    public init(data: URL) throws {
        try PrivateDirectory.make(data)
        keys = try KeyStore(directory: data)
        let database = try PlatformDatabase(directory: data)
        tokens = TokenStore(database: database)
        kioskKeys = KioskKeyStore(database: database)
    }

    /// Makes a kiosk known, or gives a known one a new credential; its former one no longer works. What it signed with a former key stays its own.
    /// - Throws: `PlatformError.badKioskName`, `insecureURL`.
    public func enrol(kiosk: String, platformURL: URL, kioskKey: KioskKey) throws -> KioskCredential {
        guard KioskName.isValid(kiosk), kiosk != TokenStore.operatorName else { throw PlatformError.badKioskName(kiosk) }
        guard KioskCredential.isAcceptable(platformURL) else { throw PlatformError.insecureURL(platformURL.absoluteString) }
        try kioskKeys.insert(kioskKey, of: kiosk)
        return KioskCredential(
            kiosk: kiosk, token: try tokens.issue(kiosk, role: .kiosk), platformURL: platformURL, sealingKey: try keys.currentStatement(),
            acknowledgementKey: keys.acknowledgement.publicKey, kioskKey: kioskKey)
    }

    /// Makes another key that kiosks are to seal to, and returns it; the former ones go on opening what was sealed to them.
    /// A server that runs must be started anew to know of it.
    /// - Parameter profile: of the new key; nil for that of the one before it
    /// - Throws: `PlatformError` when the directory holds no platform; what OpenSSL lacks for a national key.
    public static func rotateSealingKey(data: URL, profile: CryptoProfile? = nil) throws -> SealingKey {
        let database = data.appendingPathComponent("platform.sqlite")
        guard FileManager.default.fileExists(atPath: database.path) else { throw PlatformError.file(database.path, errno: ENOENT) }
        return try KeyStore(directory: data).rotated(to: profile).publicKey
    }

    /// A new token for operators; the former one no longer works.
    public func operatorToken() throws -> String {
        try tokens.issue(TokenStore.operatorName, role: .operator)
    }
}
