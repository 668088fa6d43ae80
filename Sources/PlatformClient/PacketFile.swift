import Dispatch
import Foundation
import PlatformAPI

/// A sealed packet on the disk, read in pieces so that memory stays flat whatever its size.
struct PacketFile: Sendable {
    /// bytes of a piece; larger ones make the HTTP client hold several times as much
    static let pieceSize = 128 << 10

    private static let queue = DispatchQueue(label: "uplink.file", attributes: .concurrent)

    let url: URL

    /// A file as it is now.
    struct Measure: Sendable {
        /// bytes
        var size = 0
        /// SHA-256
        var digest = Digest()
        /// All of it when that is no more than a piece: it needn't be read a second time.
        var whole: Data?
    }

    func measure() async throws -> Measure {
        try await blocking { handle in
            var measure = Measure()
            while let bytes = try handle.read(upToCount: Self.pieceSize), !bytes.isEmpty {
                measure.digest.update(bytes)
                measure.whole = measure.size == 0 ? bytes : nil
                measure.size += bytes.count
            }
            return measure
        }
    }

    /// The piece that starts at `offset`; empty at the end of the file.
    func piece(at offset: Int) async throws -> Data {
        try await blocking { handle in
            try handle.seek(toOffset: UInt64(offset))
            return try handle.read(upToCount: Self.pieceSize) ?? Data()
        }
    }

    private static func open(_ url: URL) throws -> FileHandle {
        let descriptor = Foundation.open(url.path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { throw UplinkError.fileDamaged }
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private func blocking<Result: Sendable>(_ work: @escaping @Sendable (FileHandle) throws -> Result) async throws -> Result {
        let url = url
        return try await withCheckedThrowingContinuation { continuation in
            Self.queue.async {
                continuation.resume(
                    with: Swift.Result {
                        let handle = try Self.open(url)
                        defer { try? handle.close() }
                        return try work(handle)
                    })
            }
        }
    }
}
