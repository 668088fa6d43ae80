/// 统一社会信用代码: the 18-character code of GB 32100-2015 that names every organisation, departments included.
public struct CreditCode: Sendable, Hashable {
    /// 17 characters and a check character, all of the standard's 31 (no I, O, S, V, Z).
    public let value: String

    /// Nil when the length, a character or the check character is wrong. Lower case is not accepted: the standard has none.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count == 18, Self.checkCharacter(for: characters.dropLast()) == characters[17] else { return nil }
        // Characters 3 to 8 are the registering authority's division code.
        guard characters[2..<8].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        value = String(text)
    }

    /// Appends the check character to the first 17; nil when they can't begin a code. Used to make synthetic departments.
    public static func completing(_ text: some StringProtocol) -> CreditCode? {
        let characters = Array(text.utf8)
        guard characters.count == 17, let check = checkCharacter(for: characters[...]) else { return nil }
        return CreditCode(String(text) + String(UnicodeScalar(check)))
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)

    /// Modulo 31 with weights 3^(i-1) mod 31 (GB 32100, annex A; the method of GB/T 17710).
    private static func checkCharacter(for characters: ArraySlice<UInt8>) -> UInt8? {
        var sum = 0
        var weight = 1
        for character in characters {
            guard let number = alphabet.firstIndex(of: character) else { return nil }
            sum += number * weight
            weight = weight * 3 % 31
        }
        return alphabet[(31 - sum % 31) % 31]
    }
}
