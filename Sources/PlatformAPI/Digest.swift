import Crypto
public import Foundation

/// SHA-256 as kiosk and platform write it: lower-case hexadecimal, 64 characters. Takes its input in pieces.
public struct Digest: Sendable {
    private var hash = SHA256()

    public init() {}

    public mutating func update(_ bytes: Data) {
        hash.update(data: bytes)
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    /// The digest of everything so far.
    public var hexadecimal: String { bytes.hexadecimal }

    /// 32 bytes
    public var bytes: Data { Data(hash.finalize()) }

    public static func sha256(_ bytes: Data) -> String {
        Data(SHA256.hash(data: bytes)).hexadecimal
    }
}
