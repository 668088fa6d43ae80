public import Foundation
public import KioskModel

/// What a kiosk receives when it is enrolled: a JSON file with mode 0600.
public struct KioskCredential: Sendable, Codable, Equatable {
    /// Enrolment name, see `KioskName`.
    public var kiosk: String
    /// Bearer token; the platform keeps only its SHA-256.
    public var token: Redacted<String>
    public var platformURL: URL
    /// Kiosks seal to this key, until the platform signs a later one.
    public var sealingKey: SealingKeyStatement
    /// Acknowledgements are believed when this key signed them.
    public var acknowledgementKey: AcknowledgementKey
    /// The kiosk's own key, with which it was enrolled: packets must be signed with it.
    public var kioskKey: KioskKey

    public init(
        kiosk: String, token: String, platformURL: URL, sealingKey: SealingKeyStatement, acknowledgementKey: AcknowledgementKey, kioskKey: KioskKey
    ) {
        self.kiosk = kiosk
        self.token = Redacted(token)
        self.platformURL = platformURL
        self.sealingKey = sealingKey
        self.acknowledgementKey = acknowledgementKey
        self.kioskKey = kioskKey
    }

    /// - Throws: `CredentialError.readableByOthers` when group or others have any access, `invalid` for a file that is not a credential, `unsupported` for
    ///   one whose key OpenSSL can't use here.
    public init(contentsOf file: URL) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 == 0 else { throw CredentialError.readableByOthers(path: file.path) }
        do {
            self = try PlatformJSON.decode(Self.self, from: try Data(contentsOf: file))
        } catch KioskKeyError.unsupported {
            throw CredentialError.unsupported(path: file.path)
        } catch {
            throw CredentialError.invalid(path: file.path)
        }
        guard KioskName.isValid(kiosk) else { throw CredentialError.invalid(path: file.path) }
    }

    /// Writes the file with mode 0600, and refuses to replace an existing one.
    public func write(to file: URL) throws {
        var data = try PlatformJSON.encode(self)
        data.append(0x0A)
        try PrivateFile.write(data, to: file) { CredentialError.notWritable(path: file.path, errno: $0) }
    }
}

/// What is wrong with a credential file; none of them tells its content.
public enum CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
    case readableByOthers(path: String)
    case invalid(path: String)
    case unsupported(path: String)
    case notWritable(path: String, errno: Int32)

    public var description: String {
        switch self {
        case .readableByOthers(let path): "\(path): others may read this credential: chmod 600 it, and if they could have, enrol the kiosk anew"
        case .invalid(let path): "\(path) isn't a credential of this version: enrol the kiosk (`platformd enrol`)"
        case .unsupported(let path): "\(path): the key in this credential is national, but \(NationalCryptoError.failed)"
        case .notWritable(let path, let code): "\(path): \(String(cString: strerror(code)))"
        }
    }
}

extension KioskCredential {
    /// https anywhere; http only to this machine, where no one can listen in.
    public static func isAcceptable(_ url: URL) -> Bool {
        guard let host = url.host, !host.isEmpty, url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else { return false }
        switch url.scheme?.lowercased() {
        case "https": return true
        case "http": return ["127.0.0.1", "::1", "[::1]", "localhost"].contains(host.lowercased())
        default: return false
        }
    }
}
