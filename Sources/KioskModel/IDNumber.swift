/// 公民身份号码: the 18-character identity number of GB 11643, whose last character is an ISO 7064 MOD 11-2 check.
/// The 2023 foreign permanent resident's number (9 + region + country + birth + sequence) follows the same rule.
public struct IDNumber: Sendable, Hashable {
    /// 17 digits and a check character, `X` in upper case.
    public let value: String

    /// Accepts a lower-case `x`. Nil when the length, an inner character or the check character is wrong.
    public init?(_ text: some StringProtocol) {
        let normal = text.uppercased()
        let bytes = Array(normal.utf8)
        guard bytes.count == 18, bytes.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            Self.checkCharacter(for: bytes.dropLast()) == bytes[17]
        else { return nil }
        value = normal
    }

    /// The first 6 and last 4 characters; the rest hidden (personal data shows no more than this on a screen).
    public var masked: String {
        value.prefix(6) + "********" + value.suffix(4)
    }

    /// Appends the check character to 17 digits; nil for anything but 17 digits. Used to make synthetic citizens.
    public static func completing(_ digits: some StringProtocol) -> IDNumber? {
        let bytes = Array(digits.utf8)
        guard bytes.count == 17, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return IDNumber(String(digits) + String(UnicodeScalar(checkCharacter(for: bytes))))
    }

    private static func checkCharacter(for digits: some Sequence<UInt8>) -> UInt8 {
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(digits, weights).reduce(0) { $0 + Int($1.0 - 0x30) * $1.1 }
        return Array("10X98765432".utf8)[sum % 11]
    }
}

extension IDNumber: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an identity number with a valid check character")
        }
        self = number
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// An identity number must never be printed by accident, even outside `Redacted`.
extension IDNumber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { "‹redacted›" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
