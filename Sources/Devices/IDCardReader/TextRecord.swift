internal import KioskModel

/// The 256-byte text record of a card (GA/T 467): UTF-16LE fields at fixed places, padded with spaces, in one of four layouts.
struct TextRecord {
    static let byteCount = 256

    private let units: [UInt16]

    /// Nil for anything but 256 bytes.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        units = Self.units(of: bytes)
    }

    /// The field of `length` bytes at byte `offset`, without its padding.
    subscript(offset: Int, length: Int) -> String {
        Self.trimmed(units[offset / 2..<(offset + length) / 2])
    }

    /// The layout by the character at byte 248. Nil for a mark that no public document has: reading it by another layout would yield nonsense.
    var kind: IdentityCard.Kind? {
        switch self[248, 2] {
        case "": .resident
        case "J": .hongKongMacaoTaiwan
        case "I": .foreigner2017
        case "Y": .foreigner2023
        default: nil
        }
    }

    /// An appended address: 70 bytes, same encoding.
    static func appendedAddress(_ bytes: some Collection<UInt8>) -> String? {
        let text = trimmed(units(of: bytes)[...])
        return text.isEmpty ? nil : text
    }

    private static func units(of bytes: some Collection<UInt8>) -> [UInt16] {
        let bytes = Array(bytes)
        return stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
    }

    /// Padding is spaces, with some issuers NULs. Private-use characters stay; a lone surrogate becomes U+FFFD, so that no record is lost by it.
    private static func trimmed(_ units: ArraySlice<UInt16>) -> String {
        let padding: Set<UInt16> = [0x0000, 0x0020]
        let rest = units.drop { padding.contains($0) }
        let end = rest.lastIndex { !padding.contains($0) }.map { $0 + 1 } ?? rest.startIndex
        return String(decoding: rest[..<end].filter { $0 != 0 }, as: UTF16.self)
    }
}
