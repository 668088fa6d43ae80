internal import Crypto
internal import Foundation

/// Writes one sealed file, counting and digesting what goes through. Used by one thread.
final class SealedFileWriter {
    /// bytes. What is longer is written beside the sealing, and the disk has begun with it before the last byte is there.
    private static let long = 1 << 20

    private let file: WritableFile
    private var aside: AsideWriter?
    private var hash = SHA256()
    private(set) var byteCount = 0

    init(owning descriptor: Int32, name: String) {
        file = WritableFile(owning: descriptor, name: name)
    }

    /// SHA-256 of everything so far, 32 bytes.
    var digest: Data { Data(hash.finalize()) }

    /// - Throws: what befell an earlier chunk, too; the last ones are spoken of by `finish`
    func write(_ chunk: Data) throws {
        byteCount += chunk.count
        if byteCount >= Self.long, aside == nil { aside = AsideWriter(file) }
        try aside?.write(chunk) ?? file.write(chunk)
        hash.update(data: chunk)
    }

    /// Brings the bytes to the disk and closes the file.
    /// - Returns: SHA-256 of everything written, lower-case hexadecimal
    func finish() throws -> String {
        try aside?.finish()
        try file.synchronizeAndClose()
        return SealedFile.hexadecimal(hash.finalize())
    }
}
