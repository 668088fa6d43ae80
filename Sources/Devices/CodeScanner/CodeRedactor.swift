internal import CodeScannerShim
internal import Line

/// Takes what codes say out of a recording. What is left is their AIM ids, their lengths, and of each character whether it was a digit, a small or a
/// capital letter, a sign of ASCII, or one of two, three or four bytes in UTF-8.
struct CodeRedactor {
    /// Position in the code.
    private var position = 0
    /// Of a character of several bytes: what its next bytes become.
    private var rest: [UInt8] = []

    /// nil when something in it isn't a code's.
    static func redacted(_ recording: Recording, form: kiosk_code_form) -> Recording? {
        var redactor = CodeRedactor()
        var events: [Recording.Event] = []
        for event in recording.events {
            switch event {
            case .received(let bytes):
                guard let some = form == KIOSK_CODE_REPORTS ? redactor.reports(bytes) : redactor.lines(bytes) else { return nil }
                events.append(.received(some))
            case .opened:
                redactor = CodeRedactor()
                events.append(event)
            // Nothing is ever said to a scanner.
            case .sent: return nil
            case .failed, .silent: events.append(event)
            }
        }
        return Recording(events: events)
    }

    private mutating func reports(_ bytes: [UInt8]) -> [UInt8]? {
        let size = Int(KIOSK_CODE_REPORT)
        guard bytes.count % size == 0 else { return nil }
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let length = Int(bytes[start + 1])
            guard bytes[start] == 2, length <= Int(KIOSK_CODE_REPORT_DATA) else { return nil }
            let data = bytes[start + 5..<start + 5 + length].map { replaced($0) }
            let more: UInt8 = bytes[start + 63] == 0 ? 0 : 1
            let aim = Array(bytes[start + 2..<start + 5])
            result += [2, UInt8(length)] + (Self.isAIM(aim) ? aim : [0, 0, 0]) + data
            result += [UInt8](repeating: 0, count: Int(KIOSK_CODE_REPORT_DATA) + 2 - length) + [more]
            if more == 0 { self = CodeRedactor() }
        }
        return result
    }

    private mutating func lines(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { byte in
            if byte == 0x0D || byte == 0x0A {
                self = CodeRedactor()
                return byte
            }
            // An AIM id is `]`, a letter and a digit or letter; kept as far as it is one.
            if position == 0, byte == UInt8(ascii: "]") {
                aim = 1
            } else if aim == position, position == 1, Self.isLetter(byte) {
                aim = 2
            } else if aim == position, position == 2, Self.isLetter(byte) || Self.isDigit(byte) {
                aim = 3
            } else {
                return replaced(byte)
            }
            position += 1
            return byte
        }
    }

    /// How much of an AIM id the line has begun with.
    private var aim = 0

    private mutating func replaced(_ byte: UInt8) -> UInt8 {
        defer { position += 1 }
        if byte & 0xC0 == 0x80, !rest.isEmpty { return rest.removeFirst() }
        rest = []
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt8(ascii: "0") + UInt8(position % 10)
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt8(ascii: "a") + UInt8(position % 26)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return UInt8(ascii: "A") + UInt8(position % 26)
        case 0xC0...0xDF: return begin([0xC3, 0xA9])
        case 0xE0...0xEF: return begin([0xE6, 0xA0, 0xB7])
        case 0xF0...0xFF: return begin([0xF0, 0xA0, 0x80, 0x80])
        case 0x80...0xBF: return UInt8(ascii: "x")
        default: return byte
        }
    }

    private mutating func begin(_ character: [UInt8]) -> UInt8 {
        rest = Array(character.dropFirst())
        return character[0]
    }

    private static func isAIM(_ bytes: [UInt8]) -> Bool {
        bytes[0] == UInt8(ascii: "]") && isLetter(bytes[1]) && (isLetter(bytes[2]) || isDigit(bytes[2]))
    }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
