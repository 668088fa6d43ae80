public import Foundation
public import PlatformAPI

/// What an administrator does at the platform's data directory, whether the server runs or not.
public struct Enrolment: Sendable {
    private let tokens: TokenStore
    private let keys: KeyStore

    /// - Throws: when the directory can't be used; it is made when missing.
    public init(data: URL) throws {
        try PrivateDirectory.make(data)
        keys = try KeyStore(directory: data)
        tokens = TokenStore(database: try PlatformDatabase(directory: data))
    }

    /// Makes a kiosk known, or gives a known one a new credential; its former one no longer works.
    /// - Throws: `PlatformError.badKioskName`, `insecureURL`.
    public func enrol(kiosk: String, platformURL: URL) throws -> KioskCredential {
        guard KioskName.isValid(kiosk), kiosk != TokenStore.operatorName else { throw PlatformError.badKioskName(kiosk) }
        guard KioskCredential.isAcceptable(platformURL) else { throw PlatformError.insecureURL(platformURL.absoluteString) }
        return KioskCredential(
            kiosk: kiosk, token: try tokens.issue(kiosk, role: .kiosk), platformURL: platformURL, sealingKey: keys.sealing.publicKey,
            acknowledgementKey: keys.acknowledgement.publicKey)
    }

    /// A new token for operators; the former one no longer works.
    public func operatorToken() throws -> String {
        try tokens.issue(TokenStore.operatorName, role: .operator)
    }
}
