internal import KioskModel

/// The text record of a card that says nothing of its holder: same layout, every field as long as it was, and read as a whole card.
struct AnonymousRecord {
    let bytes: [UInt8]

    /// Nil for a record that can't be read as a card: where its fields are isn't sure then.
    init?(_ record: [UInt8]) {
        guard let text = TextRecord(record), let kind = text.kind, (try? text.identityCard()) != nil else { return nil }
        var bytes = Self.masked(record)
        func put(_ text: String, _ offset: Int) {
            bytes.replaceSubrange(offset..<offset + 2 * text.utf16.count, with: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
        }
        /// A constant in the place of whatever stood there; what was blank stays so.
        func replace(_ offset: Int, _ length: Int, _ constant: String) {
            if !text[offset, length].isEmpty { put(constant, offset) }
        }
        switch kind {
        case .foreigner2017:
            replace(120, 2, "9")
            put("XXX000070010101", 122)
            put(Self.birth, 220)
        case .resident, .hongKongMacaoTaiwan, .foreigner2023:
            replace(30, 2, "9")
            put(Self.birth, 36)
            put(Self.number, 122)
            if kind == .resident { replace(32, 4, "97") }
        }
        put("20200101", 188)
        // 长期 is the length of a validity, and no holder's.
        put(text[204, 16] == "长期" ? "长期" : "20400101", 204)
        bytes.replaceSubrange(248..<250, with: record[248..<250])
        self.bytes = bytes
    }

    private static let birth = "19700101"
    /// An area code that is assigned nowhere; both kinds of number that have 18 characters take it.
    private static let number = IDNumber.completing("99999919700101000")?.value ?? ""

    /// Each character of UTF-16LE by its shape: padding stays, digits become 0, letters X, and everything else 某.
    static func masked(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count - 1, by: 2).flatMap { index -> [UInt8] in
            switch UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8 {
            case 0x0000, 0x0020: [bytes[index], bytes[index + 1]]
            case 0x30...0x39: [0x30, 0]
            case 0x41...0x5A, 0x61...0x7A: [0x58, 0]
            default: [0xD0, 0x67]  // U+67D0
            }
        }
    }
}
