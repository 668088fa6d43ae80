internal import Foundation
internal import Synchronization

/// Who may talk to the touchscreen's server: whoever redeemed a start code, which only this machine's shell can read, and then holds the cookie.
///
/// A start code works once. The cookie's token outlives a restart of kioskd (its file lies on tmpfs, mode 0600), so that a page in front of a
/// citizen comes back by itself.
final class PageAccess: Sendable {
    static let cookieName = "kiosk"

    private let token: String
    private let codes = Mutex<Set<String>>([])

    init(tokenFile: URL) throws {
        if let kept = try? String(contentsOf: tokenFile, encoding: .utf8), kept.utf8.count >= 40 {
            token = kept
        } else {
            token = Secret.make(bytes: 32)
            try PrivateFile.write(token, to: tokenFile)
        }
    }

    /// A code for `/start?code=…`.
    func makeStartCode() -> String {
        let code = Secret.make(bytes: 18)
        // Codes that nobody used don't pile up: the shell and a technician need one each.
        codes.withLock { held in
            if held.count >= 8 { held.removeAll() }
            held.insert(code)
        }
        return code
    }

    /// The cookie's value in exchange for an unused code; nil for any other.
    func redeem(_ code: String) -> String? {
        codes.withLock { $0.remove(code) } == nil ? nil : token
    }

    /// `cookies`: the value of the Cookie header.
    func admits(cookies: String?) -> Bool {
        guard let cookies else { return false }
        return cookies.split(separator: ";").contains { part in
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces) == Self.cookieName else { return false }
            return Secret.matches(pair[1].trimmingCharacters(in: .whitespaces), token)
        }
    }
}

/// Small files that only their owner may read.
enum PrivateFile {
    static func write(_ text: String, to file: URL) throws {
        let partial = file.appendingPathExtension("new")
        try? FileManager.default.removeItem(at: partial)
        guard FileManager.default.createFile(atPath: partial.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: partial.path])
        }
        guard rename(partial.path, file.path) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: file.path])
        }
    }
}
