import Foundation

/// One encoding for every value that is signed or authenticated: big-endian integers, texts led by a 16-bit byte count,
/// and a domain first so that bytes made for one purpose never pass for another.
struct CanonicalBytes {
    private(set) var data = Data()

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

    mutating func append(_ id: UUID) {
        withUnsafeBytes(of: id.uuid) { data.append(contentsOf: $0) }
    }
}
