import Glibc

/// Finding bytes in bytes. The C library's `memchr` leaps from candidate to candidate, so that it is fast in every build configuration.
enum ByteSearch {
    static func firstIndex(of needle: [UInt8], in haystack: [UInt8], from start: Int = 0) -> Int? {
        guard let first = needle.first, start >= 0, haystack.count - start >= needle.count else { return nil }
        return haystack.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let last = bytes.count - needle.count
            var position = start
            while position <= last {
                guard let found = memchr(base + position, Int32(first), last - position + 1) else { return nil }
                position = UnsafeRawPointer(found) - base
                if memcmp(base + position, needle, needle.count) == 0 { return position }
                position += 1
            }
            return nil
        }
    }

    /// Every place where it begins, overlaps included.
    static func indices(of needle: [UInt8], in haystack: [UInt8]) -> [Int] {
        var result: [Int] = []
        var start = 0
        while let index = firstIndex(of: needle, in: haystack, from: start) {
            result.append(index)
            start = index + 1
        }
        return result
    }
}
