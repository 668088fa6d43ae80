import Dispatch
import Foundation
import NIOCore
import PlatformAPI

/// A sealed packet on the disk, read in pieces so that memory stays flat whatever its size.
final class PacketFile: Sendable {
    private static let queue = DispatchQueue(label: "uplink.digest", attributes: .concurrent)
    /// bytes read at once for a digest
    private static let window = 256 << 10

    private let descriptor: Int32
    /// bytes, when it was opened
    let size: Int

    /// Blocks on the disk.
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

    /// Up to so many bytes from `offset` on; fewer only at the end of the file. Blocks on the disk.
    func piece(at offset: Int, atMost count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        while buffer.readableBytes < count, try fill(&buffer, from: offset, atMost: count - buffer.readableBytes) {}
        return buffer
    }

    /// SHA-256 of all of it as it lies there now; elsewhere, since it takes its time.
    func digest() async throws -> Digest {
        try await withCheckedThrowingContinuation { continuation in
            Self.queue.async { continuation.resume(with: Result { try self.digestHere() }) }
        }
    }

    private func digestHere() throws -> Digest {
        var digest = Digest()
        var offset = 0
        var buffer = ByteBufferAllocator().buffer(capacity: Self.window)
        while try fill(&buffer, from: offset, atMost: Self.window) {
            buffer.withUnsafeReadableBytes { digest.update($0) }
            offset += buffer.readableBytes
            buffer.clear()
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
