import Foundation

/// One encoding for every value that is signed or authenticated: big-endian integers, texts led by a 16-bit byte count,
/// and a domain first so that bytes made for one purpose never pass for another.
struct CanonicalBytes {
    private(set) var data = Data()

    /// For a part of bytes whose domain stands before it, or is named beside it.
    init() {}

    init(domain: String) {
        append(domain)
    }

    mutating func append(_ byte: UInt8) {
        data.append(byte)
    }

    mutating func append(_ number: UInt32) {
        withUnsafeBytes(of: number.bigEndian) { data.append(contentsOf: $0) }
    }

    mutating func append(_ number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) { data.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        let bytes = Data(text.utf8.prefix(Int(UInt16.max)))
        withUnsafeBytes(of: UInt16(bytes.count).bigEndian) { data.append(contentsOf: $0) }
        data.append(bytes)
    }

    /// Bytes whose number the domain tells.
    mutating func append(fixed bytes: Data) {
        data.append(bytes)
    }

    mutating func append(_ id: UUID) {
        withUnsafeBytes(of: id.uuid) { data.append(contentsOf: $0) }
    }
}

/// Reads what `CanonicalBytes` wrote; nil where the bytes end, or aren't that.
struct CanonicalReader {
    private(set) var rest: Data

    init(_ data: Data) {
        rest = data
    }

    mutating func byte() -> UInt8? { take(1)?.first }

    mutating func number() -> UInt64? {
        take(8)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func text() -> String? {
        guard let length = take(2)?.reduce(0, { $0 << 8 | Int($1) }), let bytes = take(length) else { return nil }
        // Foundation would drop a byte order mark, and two encodings would be one text.
        return String(validating: bytes, as: UTF8.self)
    }

    mutating func id() -> UUID? {
        take(16).map { bytes in bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) } }
    }

    mutating func take(_ count: Int) -> Data? {
        guard rest.count >= count else { return nil }
        let bytes = Data(rest.prefix(count))
        rest = rest.dropFirst(count)
        return bytes
    }
}
