import @Name@Shim
import Testing

/// The bytes of answers, written out by hand.
@Suite struct @Name@AnswerTests {
    private func decode(_ text: String) -> (text: String?, consumed: Int) {
        let bytes = Array(text.utf8)
        var found = kiosk_@c@_found()
        var consumed = 0
        let whole = kiosk_@c@_decode(bytes, bytes.count, "ID", &found, &consumed)
        return (whole > 0 ? String(decoding: bytes[found.offset..<found.offset + found.count], as: UTF8.self) : nil, consumed)
    }

    @Test func anAnswerIsFoundBehindNoise() {
        #expect(decode("!ID MODEL 1.0\r\n") == ("MODEL 1.0", 15))
        for noise in ["x\r\n", "!ST ok\r\n", "!ID \r\n", "!ID a\tb\r\n", "!ID a\n"] {
            #expect(decode(noise + "!ID M\r\n!ST") == ("M", noise.utf8.count + 7), "\(noise)")
        }
    }

    @Test func whatIsIncompleteIsKeptAndWhatIsTooLongIsNot() {
        #expect(decode("x\n!ID MO") == (nil, 2))
        let longest = String(repeating: "a", count: Int(KIOSK_@C@_TEXT))
        #expect(decode("!ID \(longest)\r\n").text == longest)
        #expect(decode("!ID \(longest)a\r\n") == (nil, longest.utf8.count + 7))
        #expect(decode("!ID \(longest)aa") == (nil, longest.utf8.count + 6))
    }
}
