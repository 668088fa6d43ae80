import Crypto
import Foundation

/// The chunks of one packet of the national profile: SM4 in counter mode and HMAC-SM3 over what that gives (encrypt, then MAC), with keys that a
/// secret of this packet's own makes, which only the platform's key of SM2 gets back. docs/sealed-packet.md describes it to the byte.
struct NationalChannel: ChunkSealer, ChunkOpener {
    /// bytes of a packet's secret
    private static let secretSize = 32
    /// bytes at the start of each counter block that are a packet's own; then the chunk's index and the block's number in it, 4 bytes each
    private static let saltSize = 8
    static let encapsulatedKeySize = secretSize + SM2Key.overhead

    private let crypto: NationalCrypto
    private let cipherKey: SymmetricKey
    private let codeKey: SymmetricKey
    private let salt: [UInt8]
    /// Chunks so far: a chunk has at most 4096 blocks, so that no counter block comes twice.
    private var index: UInt32 = 0

    /// Begins a packet.
    /// - Parameter info: the prefix's bytes, which can't change unnoticed
    /// - Throws: when that key is none
    static func begin(to key: SM2Key, info: Data) throws -> (encapsulatedKey: Data, chunks: Self) {
        let secret = SymmetricKey(size: .init(bitCount: secretSize * 8))
        let encapsulatedKey = try key.encrypt(secret)
        return (encapsulatedKey, try Self(secret: secret, info: info, encapsulatedKey: encapsulatedKey))
    }

    /// Begins to open one.
    /// - Throws: when it was sealed to another key
    init(openingWith key: SM2Key, info: Data, encapsulatedKey: Data) throws {
        guard encapsulatedKey.count == Self.encapsulatedKeySize else { throw NationalCryptoError.refused }
        try self.init(secret: try key.decrypt(encapsulatedKey), info: info, encapsulatedKey: encapsulatedKey)
    }

    private init(secret: SymmetricKey, info: Data, encapsulatedKey: Data) throws {
        crypto = try NationalCrypto.shared
        var bound = CanonicalBytes(domain: "CivicKiosk national packet v1")
        bound.append(fixed: info)
        bound.append(fixed: encapsulatedKey)
        let keys = try crypto.keys([NationalCrypto.blockSize, SM3.size, Self.saltSize], from: secret, info: bound.data)
        (cipherKey, codeKey) = (keys[0], keys[1])
        salt = keys[2].withUnsafeBytes { [UInt8]($0) }
    }

    mutating func seal(_ chunk: Data, authenticating associated: Data) throws -> Data {
        let counter = try nextCounter()
        let ciphertext = try crypto.crypt(chunk, key: cipherKey, counter: counter)
        return ciphertext + (try code(of: ciphertext, associated, counter))
    }

    mutating func open(_ sealed: Data, authenticating associated: Data) throws -> Data {
        let counter = try nextCounter()
        let ciphertext = sealed.dropLast(SM3.size)
        guard NationalCrypto.isSame(try code(of: ciphertext, associated, counter), [UInt8](sealed.suffix(SM3.size))) else {
            throw NationalCryptoError.refused
        }
        return try crypto.crypt(ciphertext, key: cipherKey, counter: counter)
    }

    /// Over everything that decides what the ciphertext means; the length in front says where the associated data ends.
    private func code(of ciphertext: Data, _ associated: Data, _ counter: [UInt8]) throws -> [UInt8] {
        var head = CanonicalBytes()
        head.append(UInt64(associated.count))
        head.append(fixed: associated)
        head.append(fixed: Data(counter))
        return try crypto.hmac(head.data, ciphertext, key: codeKey)
    }

    /// The first counter block of the next chunk.
    private mutating func nextCounter() throws -> [UInt8] {
        guard index < .max else { throw NationalCryptoError.refused }
        defer { index += 1 }
        return salt + withUnsafeBytes(of: index.bigEndian) { [UInt8]($0) } + [0, 0, 0, 0]
    }
}
