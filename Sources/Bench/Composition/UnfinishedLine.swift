/// What a program printed after its last newline.
struct UnfinishedLine {
    private var bytes: [UInt8] = []

    /// Takes what it printed next, and returns the lines that are whole by it.
    mutating func finish(with more: UnsafeRawBufferPointer) -> [String] {
        bytes.append(contentsOf: more)
        var lines: [String] = []
        while let end = bytes.firstIndex(of: 0x0A) {
            lines.append(String(decoding: bytes[..<end], as: UTF8.self))
            bytes.removeSubrange(...end)
        }
        return lines
    }
}
