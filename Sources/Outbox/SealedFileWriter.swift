internal import Crypto
internal import Foundation
internal import Glibc
#if MUTANTS
    internal import Mutants
#endif

/// Writes one sealed file, counting and digesting what goes through. Used by one thread.
final class SealedFileWriter {
    /// bytes. What is longer is written and digested beside the sealing, and the disk has begun with it before the last byte is there.
    private static let long = 1 << 20

    private var descriptor: Int32
    private let name: String
    private let hash = StreamDigest()
    private(set) var byteCount = 0

    init(owning descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// SHA-256 of everything so far, 32 bytes.
    var digest: Data { Data(hash.value) }

    func write(_ chunk: Data) throws {
        hash.update(chunk, aside: byteCount >= Self.long)
        try chunk.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 {
                    if errno == EINTR { continue }
                    throw OutboxError.system("write", of: name)
                }
                rest = rest.dropFirst(written)
            }
        }
        let whole = byteCount / Self.long
        byteCount += chunk.count
        if byteCount / Self.long > whole { beginWriteOut(whole..<byteCount / Self.long) }
    }

    /// Has the kernel begin with these mebibytes: it writes out what is said to be of no more use. How that went fsync tells.
    private func beginWriteOut(_ range: Range<Int>) {
        _ = posix_fadvise(descriptor, off_t(range.lowerBound * Self.long), off_t(range.count * Self.long), POSIX_FADV_DONTNEED)
    }

    /// Brings the bytes to the disk and closes the file. A failed fsync is final: the kernel may have dropped the pages,
    /// so asking again would be answered with a success that isn't one.
    /// - Returns: SHA-256 of everything written, lower-case hexadecimal
    func finish() throws -> String {
        defer {
            close(descriptor)
            descriptor = -1
        }
        try synchronize()
        return SealedFile.hexadecimal(hash.value)
    }

    private func synchronize() throws {
        #if MUTANTS
            if Mutant.noFileFsync.isAwake { return }
        #endif
        guard fsync(descriptor) == 0 else { throw OutboxError.system("fsync", of: name) }
    }
}
