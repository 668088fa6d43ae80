/// Bytes as lower-case hexadecimal digits. A commit writes several, and by way of Foundation's formats they would cost more than its insertions.
enum Hexadecimal {
    /// - Parameter dashes: bytes that a dash stands before
    static func text(_ bytes: UnsafeRawBufferPointer, dashes: Set<Int> = []) -> String {
        let length = 2 * bytes.count + dashes.count
        return String(unsafeUninitializedCapacity: length) { digits in
            var end = 0
            for (index, byte) in bytes.enumerated() {
                if dashes.contains(index) {
                    digits[end] = UInt8(ascii: "-")
                    end += 1
                }
                digits[end] = digit(byte >> 4)
                digits[end + 1] = digit(byte & 15)
                end += 2
            }
            return end
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
}
