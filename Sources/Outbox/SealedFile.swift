internal import Crypto
internal import Foundation
internal import Glibc

/// What a sealed file is known by: its size and the SHA-256 of its bytes.
enum SealedFile {
    /// bytes read at once
    private static let piece = 256 * 1024

    /// Reads a file from its beginning to its end, past the page cache where the kernel can: a look at the whole queue mustn't
    /// drive out what the kiosk works with.
    static func measure(_ descriptor: Int32, name: String) throws -> (byteCount: Int, digest: String) {
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        defer { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
        var hash = SHA256()
        var byteCount = 0
        try withUnsafeTemporaryAllocation(byteCount: piece, alignment: 4096) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw OutboxError.system("read", of: name)
                }
                if count == 0 { return }
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                byteCount += count
            }
        }
        return (byteCount, hexadecimal(hash.finalize()))
    }

    static func hexadecimal(_ digest: SHA256.Digest) -> String {
        digest.withUnsafeBytes { Hexadecimal.text($0) }
    }
}
