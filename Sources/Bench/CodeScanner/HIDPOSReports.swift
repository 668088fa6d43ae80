/// A code as a HID-POS scanner sends it: reports of 64 bytes, `02 | length | AIM id (3) | data (56) | 2 reserved | more`.
public enum HIDPOSReports {
    public static func encode(_ text: String, symbology: String = "]Q1") -> [[UInt8]] {
        let content = Array(text.utf8)
        return stride(from: 0, to: max(content.count, 1), by: 56).map { start in
            let part = content[start..<min(start + 56, content.count)]
            let aim = symbology.isEmpty ? [0, 0, 0] : Array(symbology.utf8)
            return [2, UInt8(part.count)] + aim + part + [UInt8](repeating: 0, count: 58 - part.count) + [start + 56 < content.count ? 1 : 0]
        }
    }
}
