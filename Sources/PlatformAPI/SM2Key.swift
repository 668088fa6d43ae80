import Crypto
import Foundation
import NationalCryptoShim

/// A key of SM2 (GB/T 32918) on the curve of its part 5: both halves, or the public one.
final class SM2Key: @unchecked Sendable {
    /// bytes of a public key: the point, uncompressed
    static let pointSize = Int(KIOSK_SM2_POINT)
    /// bytes by which a secret grows when it is encrypted
    static let overhead = Int(KIOSK_SM2_OVERHEAD)
    static let signatureSize = Int(KIOSK_SM2_SIGNATURE)

    /// A key never changes, and any thread may use it.
    private let handle: OpaquePointer

    /// 65 bytes: 04, x, y
    let point: Data

    /// A fresh pair.
    /// - Throws: `NationalCryptoError.failed`, also where OpenSSL has SM2 but lacks the rest of what a packet needs
    convenience init() throws {
        try self.init(owning: kiosk_sm2_make(), otherwise: .failed)
        _ = try NationalCrypto.shared
    }

    /// A public key.
    /// - Throws: `NationalCryptoError.refused` unless those bytes are a point of the curve; `failed` where OpenSSL can't tell
    convenience init(point: Data) throws {
        guard point.count == Self.pointSize else { throw NationalCryptoError.refused }
        try self.init(owning: kiosk_sm2_public([UInt8](point)), otherwise: Self.absence)
    }

    /// A pair out of PKCS #8.
    /// - Throws: `NationalCryptoError.refused`; `failed` where OpenSSL can't tell, or lacks the rest of what a packet needs
    convenience init(pem: String) throws {
        var pem = pem
        try self.init(owning: pem.withUTF8 { Self.read($0, kiosk_sm2_read_pair) }, otherwise: Self.absence)
        _ = try NationalCrypto.shared
    }

    /// A public key out of SubjectPublicKeyInfo.
    /// - Throws: `NationalCryptoError.refused`; `failed` where OpenSSL can't tell
    convenience init(publicPEM pem: String) throws {
        var pem = pem
        try self.init(owning: pem.withUTF8 { Self.read($0, kiosk_sm2_read_public) }, otherwise: Self.absence)
    }

    private init(owning handle: OpaquePointer?, otherwise error: @autoclosure () -> NationalCryptoError) throws {
        guard let handle else { throw error() }
        self.handle = handle
        var bytes = [UInt8](repeating: 0, count: Self.pointSize)
        let code = kiosk_sm2_point(handle, &bytes)
        point = Data(bytes)
        try NationalCryptoError.check(code)
    }

    /// Why there is no key.
    private static var absence: NationalCryptoError { kiosk_sm2_lack() == 0 ? .refused : .failed }

    deinit {
        kiosk_sm2_free(handle)
    }

    /// PKCS #8; a secret.
    var pem: String {
        get throws { try written(kiosk_sm2_write_pair) }
    }

    /// SubjectPublicKeyInfo
    var publicPEM: String {
        get throws { try written(kiosk_sm2_write_public) }
    }

    /// Encrypts a secret of up to 256 bytes to this key (GB/T 32918.4): C1, C3, C2.
    func encrypt(_ secret: SymmetricKey) throws -> Data {
        try secret.withUnsafeBytes { secret in
            var sealed = [UInt8](repeating: 0, count: secret.count + Self.overhead)
            try NationalCryptoError.check(kiosk_sm2_encrypt(handle, secret.octets, secret.count, &sealed))
            return Data(sealed)
        }
    }

    /// - Throws: `NationalCryptoError.refused` for what wasn't encrypted to this key
    func decrypt(_ sealed: Data) throws -> SymmetricKey {
        guard sealed.count > Self.overhead else { throw NationalCryptoError.refused }
        return try withUnsafeTemporaryAllocation(byteCount: sealed.count - Self.overhead, alignment: 1) { secret in
            defer { kiosk_national_wipe(secret.baseAddress, secret.count) }
            try sealed.withUnsafeBytes { sealed in
                try NationalCryptoError.check(kiosk_sm2_decrypt(handle, sealed.octets, sealed.count, secret.octets))
            }
            return SymmetricKey(data: UnsafeRawBufferPointer(secret))
        }
    }

    /// Signs with SM3 (GB/T 32918.2), under the id `1234567812345678`: 64 bytes, r and s.
    func sign(_ bytes: Data) throws -> Data {
        var signature = [UInt8](repeating: 0, count: Self.signatureSize)
        try bytes.withUnsafeBytes { try NationalCryptoError.check(kiosk_sm2_sign(handle, $0.octets, $0.count, &signature)) }
        return Data(signature)
    }

    /// - Throws: `NationalCryptoError.failed` when that couldn't be looked at
    func verify(_ signature: Data, of bytes: Data) throws -> Bool {
        guard signature.count == Self.signatureSize else { return false }
        let code = bytes.withUnsafeBytes { kiosk_sm2_verify(handle, $0.octets, $0.count, [UInt8](signature)) }
        if code == Int32(KIOSK_NATIONAL_REFUSED) { return false }
        try NationalCryptoError.check(code)
        return true
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>, _ read: (UnsafePointer<CChar>?, Int) -> OpaquePointer?) -> OpaquePointer? {
        text.withMemoryRebound(to: CChar.self) { read($0.baseAddress, $0.count) }
    }

    private func written(_ write: (OpaquePointer, UnsafeMutablePointer<CChar>) -> Int32) throws -> String {
        var text = [CChar](repeating: 0, count: Int(KIOSK_SM2_MAX_PEM))
        defer { text.withUnsafeMutableBytes { kiosk_national_wipe($0.baseAddress, $0.count) } }
        let count = write(handle, &text)
        try NationalCryptoError.check(count)
        return text.withUnsafeBytes { String(decoding: $0.prefix(Int(count)), as: UTF8.self) }
    }
}
