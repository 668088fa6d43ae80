/// The `\xhh` notation of `strace -xx`.
enum HexEscapes {
    /// Bytes that aren't part of an escape stand for themselves.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        // A trace is four times the size of what was written and this is its inner loop; the buffer keeps it fast without optimisation.
        text.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
                var index = 0
                while index < source.count {
                    if source[index] == 0x5C, index + 3 < source.count, source[index + 1] == 0x78 {
                        target[count] = digit(source[index + 2]) << 4 | digit(source[index + 3])
                        index += 4
                    } else {
                        target[count] = source[index]
                        index += 1
                    }
                    count += 1
                }
            }
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8 {
        byte <= 0x39 ? byte &- 0x30 : (byte | 0x20) &- 0x57
    }
}
