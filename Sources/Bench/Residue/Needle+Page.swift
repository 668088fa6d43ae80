extension Needle {
    /// Windows of 32 bytes, evenly spread over the bytes of a page or document, that are too unlike one another to be met by chance.
    ///
    /// - Parameter kind: `page, JPEG`, `page, RGB rows`, `document, PDF`
    /// - Parameter count: how many are wanted; fewer come from a uniform page
    public static func windows(of bytes: [UInt8], kind: String, count: Int = 48) -> [Needle] {
        let width = 32
        guard bytes.count >= width, count > 0 else { return [] }
        let stride = max(width, (bytes.count - width) / count)
        var result: Set<[UInt8]> = []
        var position = 0
        while position + width <= bytes.count {
            // A uniform stretch (margins, padding, table of a file format) says nothing; the next good window stands for it.
            var candidate = position
            while candidate + width <= min(bytes.count, position + stride) {
                let window = Array(bytes[candidate..<(candidate + width)])
                if isTelling(window) {
                    result.insert(window)
                    break
                }
                candidate += width
            }
            position += stride
        }
        return result.map { Needle(kind: kind, bytes: $0) }
    }

    /// The entropy-coded part of a JPEG: what follows its start-of-scan segment.
    public static func scanData(ofJPEG bytes: [UInt8]) -> [UInt8] {
        guard let marker = ByteSearch.firstIndex(of: [0xFF, 0xDA], in: bytes), marker + 4 < bytes.count else { return [] }
        let length = Int(bytes[marker + 2]) << 8 | Int(bytes[marker + 3])
        return Array(bytes.dropFirst(marker + 2 + length))
    }

    private static func isTelling(_ window: [UInt8]) -> Bool {
        Set(window).count >= 12 && window.count(where: { $0 >= 0x80 }) >= 6
    }
}
