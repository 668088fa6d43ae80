import Crypto
import Foundation
import NationalCryptoShim

/// Why OpenSSL did not do what it was asked.
public enum NationalCryptoError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It lacks the algorithm, or memory. That is this machine's fault, and no verdict on what it was to look at.
    case failed
    /// The bytes aren't what they are to be: no such key, not sealed to it.
    case refused

    public var description: String {
        switch self {
        case .failed: "OpenSSL (libcrypto) has no SM2, SM3 or SM4 on this machine, or its configuration hides them"
        case .refused: "the bytes aren't of that key"
        }
    }

    static func check(_ code: Int32) throws(Self) {
        if code < 0 { throw code == Int32(KIOSK_NATIONAL_REFUSED) ? .refused : .failed }
    }
}

/// SM3 and SM4 as OpenSSL has them, looked up once.
final class NationalCrypto: @unchecked Sendable {
    /// Its algorithms never change, and any thread may use them.
    private let handle: OpaquePointer

    private static let found = NationalCrypto()

    /// - Throws: `failed` where OpenSSL lacks one of them
    static var shared: NationalCrypto {
        get throws(NationalCryptoError) {
            guard let found else { throw .failed }
            return found
        }
    }

    private init?() {
        guard let handle = kiosk_national_open() else { return nil }
        self.handle = handle
    }

    deinit {
        kiosk_national_close(handle)
    }

    /// A running SM3, which the caller frees.
    func sm3() throws(NationalCryptoError) -> OpaquePointer {
        guard let digest = kiosk_sm3_begin(handle) else { throw .failed }
        return digest
    }

    /// HMAC-SM3 over one and the other: 32 bytes.
    func hmac(_ first: Data, _ second: Data, key: SymmetricKey) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SM3.size)
        try key.withUnsafeBytes { key in
            try first.withUnsafeBytes { first in
                try second.withUnsafeBytes { second in
                    try NationalCryptoError.check(
                        kiosk_national_hmac(handle, key.octets, key.count, first.octets, first.count, second.octets, second.count, &code))
                }
            }
        }
        return code
    }

    /// Whether both are the same code of HMAC-SM3; the time it takes doesn't tell where they differ.
    static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == SM3.size && other.count == SM3.size && kiosk_national_compare(one, other) == 0
    }

    /// HKDF-SM3 without a salt: a key of each size, out of one run.
    /// - Parameter sizes: bytes
    func keys(_ sizes: [Int], from secret: SymmetricKey, info: Data) throws -> [SymmetricKey] {
        try withUnsafeTemporaryAllocation(byteCount: sizes.reduce(0, +), alignment: 1) { bytes in
            defer { kiosk_national_wipe(bytes.baseAddress, bytes.count) }
            try secret.withUnsafeBytes { secret in
                try info.withUnsafeBytes { info in
                    try NationalCryptoError.check(
                        kiosk_national_hkdf(handle, secret.octets, secret.count, info.octets, info.count, bytes.octets, bytes.count))
                }
            }
            var rest = UnsafeRawBufferPointer(bytes)[...]
            return sizes.map { size in
                defer { rest = rest.dropFirst(size) }
                return SymmetricKey(data: UnsafeRawBufferPointer(rebasing: rest.prefix(size)))
            }
        }
    }

    /// SM4 in counter mode: encrypts, or decrypts.
    /// - Parameters:
    ///   - key: 16 bytes
    ///   - counter: the first counter block, 16 bytes
    func crypt(_ bytes: Data, key: SymmetricKey, counter: [UInt8]) throws -> Data {
        guard counter.count == Self.blockSize else { throw NationalCryptoError.refused }
        var result = Data(count: bytes.count)
        try result.withUnsafeMutableBytes { result in
            try key.withUnsafeBytes { key in
                try bytes.withUnsafeBytes { bytes in
                    try NationalCryptoError.check(
                        kiosk_national_ctr(handle, key.octets, key.count, counter, bytes.octets, bytes.count, result.octets))
                }
            }
        }
        return result
    }

    /// bytes of a key and of a block of SM4
    static let blockSize = Int(KIOSK_SM4_SIZE)
}

/// SM3 (GB/T 32905), in pieces.
struct SM3: PacketDigest {
    static let size = Int(KIOSK_SM3_SIZE)

    /// One running digest, changed only where nothing else holds it.
    private final class State: @unchecked Sendable {
        let handle: OpaquePointer

        init(_ handle: OpaquePointer) { self.handle = handle }

        deinit { kiosk_sm3_free(handle) }

        func copy() -> State {
            guard let copy = kiosk_sm3_copy(handle) else { SM3.stop() }
            return State(copy)
        }
    }

    private var state: State

    init() throws(NationalCryptoError) {
        state = State(try NationalCrypto.shared.sm3())
    }

    mutating func update(_ bytes: Data) {
        if !isKnownUniquelyReferenced(&state) { state = state.copy() }
        guard bytes.withUnsafeBytes({ kiosk_sm3_update(state.handle, $0.octets, $0.count) }) == 0 else { Self.stop() }
    }

    var bytes: Data {
        let end = state.copy()
        var digest = [UInt8](repeating: 0, count: Self.size)
        guard kiosk_sm3_end(end.handle, &digest) == 0 else { Self.stop() }
        return Data(digest)
    }

    /// A digest that has begun fails for want of memory alone, which ends Swift's own code too.
    private static func stop() -> Never { fatalError("SM3: no memory") }
}

extension UnsafeRawBufferPointer {
    /// As C takes bytes.
    var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
