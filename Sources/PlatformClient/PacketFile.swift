import Foundation
import NIOCore
import PlatformAPI

/// A sealed packet on the disk, read in pieces so that memory stays flat whatever its size. Its calls block on the disk.
final class PacketFile: Sendable {
    /// bytes read at once for a digest
    private static let window = 256 << 10

    private let descriptor: Int32
    /// bytes, when it was opened
    let size: Int

    /// - Throws: `UplinkError.fileDamaged` when nothing lies there; else the file system's error
    init(_ url: URL) throws {
        let opened = open(url.path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            if errno == ENOENT { throw UplinkError.fileDamaged }
            throw Self.systemError()
        }
        var status = stat()
        guard fstat(opened, &status) == 0 else {
            let error = Self.systemError()
            close(opened)
            throw error
        }
        descriptor = opened
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Up to so many bytes from `offset` on; fewer only at the end of the file.
    func piece(at offset: Int, atMost count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        while buffer.readableBytes < count, try fill(&buffer, from: offset, atMost: count - buffer.readableBytes) {}
        return buffer
    }

    /// SHA-256 of all of it as it lies there now. Lets others have the thread now and then.
    func digest() async throws -> Digest {
        var digest = Digest()
        var offset = 0
        var buffer = ByteBufferAllocator().buffer(capacity: Self.window)
        while try fill(&buffer, from: offset, atMost: Self.window) {
            buffer.withUnsafeReadableBytes { digest.update($0) }
            offset += buffer.readableBytes
            buffer.clear()
            await Task.yield()
        }
        return digest
    }

    /// Appends what comes behind `offset` and what the buffer has of there already.
    /// - Returns: false at the end of the file
    private func fill(_ buffer: inout ByteBuffer, from offset: Int, atMost count: Int) throws -> Bool {
        let place = off_t(offset + buffer.readableBytes)
        let read = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            while true {
                let read = pread(descriptor, space.baseAddress, count, place)
                if read >= 0 { return read }
                guard errno == EINTR else { throw Self.systemError() }
            }
        }
        return read > 0
    }

    private static func systemError() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
