public import Foundation

extension UUID {
    /// A UUIDv7 (RFC 9562, §5.7): 48 bits of milliseconds since 1970, then 74 random bits; sorts by time of making.
    public static func v7(at date: Date, random: inout some RandomNumberGenerator) -> UUID {
        let milliseconds = UInt64(max(0, min(date.timeIntervalSince1970 * 1000, 281_474_976_710_655)))
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0x0FFF, using: &random)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF, using: &random)
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }

    /// A UUIDv7 with random bits of the system's generator.
    public static func v7(at date: Date) -> UUID {
        var generator = SystemRandomNumberGenerator()
        return v7(at: date, random: &generator)
    }

    /// Version 7, variant of RFC 9562.
    public var isVersion7: Bool { uuid.6 >> 4 == 7 && uuid.8 >> 6 == 2 }

    /// The one spelling used in URLs, file names and metadata: lower case with hyphens.
    public var wireText: String { uuidString.lowercased() }

    /// Accepts exactly the spelling of `wireText`, so that one id has one URL and nothing else reaches a file name.
    public init?(wireText: some StringProtocol) {
        let text = String(wireText)
        guard text.utf8.count == 36, let id = UUID(uuidString: text), id.wireText == text else { return nil }
        self = id
    }
}
