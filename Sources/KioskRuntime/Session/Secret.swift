internal import Crypto
internal import Foundation

/// Random names and tokens.
enum Secret {
    /// URL-safe text of `bytes` random bytes from the system's generator.
    static func make(bytes: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<bytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(random).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    /// Compares digests, so that the time tells nothing of where two texts differ.
    static func matches(_ candidate: String, _ secret: String) -> Bool {
        SHA256.hash(data: Data(candidate.utf8)) == SHA256.hash(data: Data(secret.utf8))
    }
}
