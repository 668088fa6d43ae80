import Foundation

/// Base45 (RFC 9285): bytes as the 45 characters of a QR code's alphanumeric mode, which takes them in 5.5 bits each. Three characters for two bytes, two for a last one;
/// exactly one text for any bytes. It never ends with a blank, so that whoever trims a text takes nothing of it.
enum Base45 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".utf8)

    static func encode(_ bytes: Data) -> String {
        let bytes = Array(bytes)
        var text = [UInt8]()
        for start in stride(from: 0, to: bytes.count, by: 2) {
            let isPair = start + 1 < bytes.count
            var value = isPair ? Int(bytes[start]) << 8 | Int(bytes[start + 1]) : Int(bytes[start])
            for _ in 0..<(isPair ? 3 : 2) {
                text.append(alphabet[value % 45])
                value /= 45
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for a character that isn't one of the 45, for a length that no bytes have, and for a group that stands for more than its bytes can.
    static func decode(_ text: some StringProtocol) -> Data? {
        let characters = Array(text.utf8)
        guard characters.count % 3 != 1 else { return nil }
        var bytes = Data()
        for start in stride(from: 0, to: characters.count, by: 3) {
            let group = characters[start..<min(start + 3, characters.count)]
            var value = 0
            for character in group.reversed() {
                guard let digit = alphabet.firstIndex(of: character) else { return nil }
                value = value * 45 + digit
            }
            guard value < (group.count == 3 ? 1 << 16 : 1 << 8) else { return nil }
            if group.count == 3 { bytes.append(UInt8(value >> 8)) }
            bytes.append(UInt8(value & 0xFF))
        }
        return bytes
    }
}
