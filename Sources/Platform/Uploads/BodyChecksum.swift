import Crypto
import Foundation

/// What an `Upload-Checksum` says of a request's body, and what the body turns out to be. tus wants SHA-1 of every server; it guards against damage, not
/// against anybody: the packet's own digest and signature do that.
struct BodyChecksum: Sendable {
    /// The values of `Tus-Checksum-Algorithm`.
    static let algorithms = "sha1,sha256"

    private enum Hash: Sendable {
        case sha1(Insecure.SHA1)
        case sha256(SHA256)
    }

    private let announced: Data
    private var hash: Hash

    /// - Parameter field: an algorithm and the digest in base64
    init?(field: String) {
        let parts = field.split(separator: " ")
        guard parts.count == 2, let announced = Data(base64Encoded: String(parts[1])) else { return nil }
        switch (parts[0], announced.count) {
        case ("sha1", Insecure.SHA1.byteCount): hash = .sha1(Insecure.SHA1())
        case ("sha256", SHA256.byteCount): hash = .sha256(SHA256())
        default: return nil
        }
        self.announced = announced
    }

    mutating func update(_ bytes: Data) {
        switch hash {
        case .sha1(var sha1):
            sha1.update(data: bytes)
            hash = .sha1(sha1)
        case .sha256(var sha256):
            sha256.update(data: bytes)
            hash = .sha256(sha256)
        }
    }

    var isRight: Bool {
        switch hash {
        case .sha1(let sha1): Data(sha1.finalize()) == announced
        case .sha256(let sha256): Data(sha256.finalize()) == announced
        }
    }
}
