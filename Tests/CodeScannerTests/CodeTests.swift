import Bench
import CodeScannerShim
import Testing

/// Bytes to codes, without a line.
@Suite struct CodeTests {
    /// What comes of `reads`: codes as `]Q1 text`, or the negative code of a failure.
    private func codes(_ form: kiosk_code_form, _ reads: [[UInt8]]) -> [String] {
        let code = UnsafeMutablePointer<kiosk_code>.allocate(capacity: 1)
        defer { code.deallocate() }
        kiosk_code_clear(code, form)
        var found: [String] = []
        for read in reads {
            var rest = read[...]
            while !rest.isEmpty {
                var consumed = 0
                let bytes = Array(rest)
                let result = kiosk_code_add(code, bytes, bytes.count, &consumed)
                rest = rest.dropFirst(consumed)
                if result == 0 { continue }
                if result < 0 {
                    found.append("\(result)")
                    continue
                }
                let aim = withUnsafeBytes(of: code.pointee.aim) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                let text = String(decoding: UnsafeBufferPointer(start: kiosk_code_bytes(code), count: code.pointee.length), as: UTF8.self)
                found.append("\(aim) \(text)")
                kiosk_code_clear(code, form)
            }
        }
        return found
    }

    private func lines(_ text: String...) -> [String] { codes(KIOSK_CODE_LINES, text.map { Array($0.utf8) }) }
    private func reports(_ reports: [[UInt8]]) -> [String] { codes(KIOSK_CODE_REPORTS, reports) }

    private let long = String(repeating: "0123456789", count: 15)

    @Test func aReportIsReadByItsBytes() {
        let report: [UInt8] = [2, 3] + Array("]Q1".utf8) + Array("420".utf8) + [UInt8](repeating: 0, count: 56)
        #expect(report.count == 64)
        #expect(reports([report]) == ["]Q1 420"])
        #expect(HIDPOSReports.encode("420") == [report])
    }

    @Test(arguments: [1, 55, 56, 57, 112, 113, 8192]) func aCodeOfAnyLengthIsWhole(length: Int) {
        let text = String(repeating: "x", count: length)
        #expect(reports(HIDPOSReports.encode(text)) == ["]Q1 \(text)"])
        #expect(lines("]Q1\(text)\r") == ["]Q1 \(text)"])
    }

    @Test func aLongerCodeIsDroppedWhole() {
        let text = String(repeating: "x", count: 8193)
        #expect(reports(HIDPOSReports.encode(text) + HIDPOSReports.encode("7")) == ["\(KIOSK_CODE_TOO_LONG)", "]Q1 7"])
        #expect(lines("]Q1\(text)\r7\r") == ["\(KIOSK_CODE_TOO_LONG)", " 7"])
        #expect(lines("\(text)\(text)\r7\r") == ["\(KIOSK_CODE_TOO_LONG)", " 7"])
    }

    @Test func whatIsNotAWholeReportIsNoneAndTakesItsCodeAlong() {
        let parts = HIDPOSReports.encode(long)
        #expect(parts.count == 3)
        let next = HIDPOSReports.encode("7")
        #expect(reports([parts[0], Array(parts[1].prefix(63)), parts[2]] + next) == ["]Q1 7"])
        var overlong = parts[1]
        overlong[1] = 57
        #expect(reports([parts[0], overlong, parts[2]] + next) == ["]Q1 7"])
        // Of another symbology: something was lost between.
        #expect(reports([parts[0]] + HIDPOSReports.encode(long, symbology: "]C0") + next) == ["]Q1 7"])
        // Another kind of report is none of ours.
        #expect(reports([parts[0], [4, 1, 2], parts[1], parts[2]]) == ["]Q1 \(long)"])
        #expect(reports(HIDPOSReports.encode("") + next) == ["]Q1 7"])
        #expect(reports(HIDPOSReports.encode("7", symbology: "")) == [" 7"])
    }

    @Test func linesEndInWhateverTheScannerWasSetTo() {
        #expect(lines("]Q1420106\r") == ["]Q1 420106"])
        #expect(lines("420106\n") == [" 420106"])
        #expect(lines("420", "106\r", "\n]C0", "12\r\n\r\n") == [" 420106", "]C0 12"])
        #expect(lines("]Q\r]Q1\r]\r") == [" ]Q", " ]Q1", " ]"])
    }

    @Test func whatWasBegunBeforeIsDroppedToItsEnd() {
        let code = UnsafeMutablePointer<kiosk_code>.allocate(capacity: 1)
        defer { code.deallocate() }
        let parts = HIDPOSReports.encode(long)
        kiosk_code_clear(code, KIOSK_CODE_REPORTS)
        var consumed = 0
        #expect(kiosk_code_add(code, parts[0], 64, &consumed) == 0)
        kiosk_code_drop(code)
        // Nothing of it is left in memory.
        let kept = UnsafeBufferPointer(start: kiosk_code_bytes(code), count: Int(KIOSK_CODE_MAX)).contains { $0 != 0 }
        #expect(!kept)
        #expect(kiosk_code_add(code, parts[1], 64, &consumed) == 0)
        #expect(kiosk_code_add(code, parts[2], 64, &consumed) == 0)
        #expect(kiosk_code_add(code, HIDPOSReports.encode("7")[0], 64, &consumed) == 1)
    }

    @Test func scannersAreKnownByTheirReportDescriptor() {
        let scanner: [UInt8] = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0xC0]
        let wide: [UInt8] = [0x0B, 0x02, 0x00, 0x8C, 0x00, 0xA1, 0x01, 0xC0]
        let keyboard: [UInt8] = [0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0]
        let scale: [UInt8] = [0x05, 0x8D, 0x09, 0x02, 0xA1, 0x01, 0xC0]
        func isScanner(_ bytes: [UInt8]) -> Bool { kiosk_code_describes_scanner(bytes, bytes.count) }
        #expect(isScanner(scanner))
        #expect(isScanner(wide))
        #expect(isScanner(keyboard + scanner))
        for other in [keyboard, scale, [], [0x05], [0xFE, 0x10], Array(scanner.prefix(5)), [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x00, 0xC0]] {
            #expect(!isScanner(other))
        }
    }
}
