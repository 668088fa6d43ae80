import Foundation

/// The curve that a key's PEM names. To be asked before a key is read: swift-crypto takes the scalar of any curve for one of P-256.
enum NamedCurve {
    /// Of DER: prime256v1 is 1.2.840.10045.3.1.7 (RFC 5480, §2.1.1.1), sm2p256v1 is 1.2.156.10197.1.301 (GM/T 0006).
    private static let identifiers: [(profile: CryptoProfile, bytes: [UInt8])] = [
        (.international, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
        (.national, [0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]),
    ]

    /// - Parameter pem: PKCS #8, SEC 1 or SubjectPublicKeyInfo
    /// - Returns: nil for a curve that no profile has, and for anything that is no PEM
    static func profile(of pem: String) -> CryptoProfile? {
        let body = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }.joined()
        guard let bytes = Data(base64Encoded: body) else { return nil }
        return identifiers.first { bytes.firstRange(of: $0.bytes) != nil }?.profile
    }
}
