import Foundation
import Glibc
import KioskModel

extension Needle {
    /// Name, number, birth date, address and the like of one citizen, each in every encoding that a program might have chosen.
    public static func personal(_ citizen: SyntheticCitizen) -> [Needle] {
        let birth = citizen.birth.compact
        var values: [(String, String?)] = [
            ("name", citizen.name), ("latin name", citizen.latinName), ("number", citizen.number), ("permit number", citizen.permitNumber),
            ("birth date", birth), ("birth date", "\(birth.prefix(4))-\(birth.dropFirst(4).prefix(2))-\(birth.suffix(2))"),
        ]
        for address in [citizen.address, citizen.newestAddress] {
            values.append(("address", address))
            // A line break or a field's width may cut an address in two; its end tells as much as the whole.
            if let address, address.count > 16 { values.append(("end of address", String(address.suffix(8)))) }
        }
        return values.flatMap { kind, value in value.map { encodings(of: $0, kind: kind) } ?? [] }
    }

    /// One text in UTF-8, UTF-16 of both orders, GB 18030, percent and JSON escapes; and the bytes of the first four in base64 of all
    /// alignments, in hexadecimal with and without spaces, and as a list of numbers, which is how a careless log line shows them.
    public static func encodings(of text: String, kind: String) -> [Needle] {
        let utf8 = Array(text.utf8)
        // Eight digits stand in many a time stamp or digest by chance; eighteen don't.
        let isDate = utf8.count <= 10 && utf8.allSatisfy { (0x30...0x39).contains($0) }
        let boundary = isDate ? Boundary.digits : .none
        var seen: Set<[UInt8]> = []
        var result: [Needle] = []
        func add(_ encoding: String, _ bytes: [UInt8], boundary: Boundary = .none) {
            guard bytes.count >= 4, seen.insert(bytes).inserted else { return }
            result.append(Needle(kind: "\(kind), \(encoding)", bytes: bytes, boundary: boundary))
        }
        var forms = [
            ("UTF-8", utf8), ("UTF-16LE", text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
            ("UTF-16BE", text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }),
        ]
        if let bytes = gb18030(utf8) { forms.append(("GB 18030", bytes)) }
        for (form, bytes) in forms { add(form, bytes, boundary: form.hasPrefix("UTF-16") ? .none : boundary) }
        for (form, bytes) in forms {
            let of = form == "UTF-8" ? "" : " of \(form)"
            for alignment in 0..<3 {
                for encoded in base64(bytes, alignment: alignment) { add("base64" + of, encoded) }
            }
            for separator in ["", " "] {
                let digits = bytes.map { String(format: "%02x", $0) }.joined(separator: separator)
                add("hexadecimal" + of, Array(digits.utf8))
                add("hexadecimal" + of, Array(digits.uppercased().utf8))
            }
            add("list of numbers" + of, Array(bytes.map { String($0) }.joined(separator: ", ").utf8))
        }
        for format in ["%%%02X", "%%%02x"] {
            add("percent", utf8.flatMap { isUnreserved($0) ? [$0] : Array(String(format: format, $0).utf8) }, boundary: boundary)
        }
        for format in ["\\u%04x", "\\u%04X"] {
            let escaped = text.utf16.flatMap { $0 < 0x80 ? [UInt8($0)] : Array(String(format: format, Int($0)).utf8) }
            add("JSON escapes", escaped, boundary: boundary)
        }
        return result
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    /// The characters of a base64 text that are settled by these bytes alone when they stand `alignment` bytes after a group's beginning; both alphabets.
    private static func base64(_ bytes: [UInt8], alignment: Int) -> [[UInt8]] {
        let padded = Data(repeating: 0, count: alignment) + Data(bytes)
        let complete = padded.count * 8 / 6
        let characters = Array(padded.base64EncodedString().utf8.prefix(complete).dropFirst([0, 2, 3][alignment]))
        guard characters.count >= 6 else { return [] }
        return [characters, characters.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }]
    }

    /// Nil when the C library lacks the character set.
    private static func gb18030(_ utf8: [UInt8]) -> [UInt8]? {
        guard let converter = iconv_open("GB18030", "UTF-8"), converter != iconv_t(bitPattern: -1) else { return nil }
        defer { iconv_close(converter) }
        var source = utf8.map { CChar(bitPattern: $0) }
        var target = [CChar](repeating: 0, count: utf8.count * 4)
        let written: Int? = source.withUnsafeMutableBufferPointer { from in
            target.withUnsafeMutableBufferPointer { to in
                var input = from.baseAddress
                var inputLeft = from.count
                var output = to.baseAddress
                var outputLeft = to.count
                guard iconv(converter, &input, &inputLeft, &output, &outputLeft) != Int(bitPattern: UInt(bitPattern: -1)) else { return nil }
                return to.count - outputLeft
            }
        }
        return written.map { target.prefix($0).map { UInt8(bitPattern: $0) } }
    }
}
