import Foundation
import Hummingbird
import NIOCore
import PlatformAPI
#if MUTANTS
    import Mutants
#endif

/// Writes the body of one PATCH to its packet file and makes it durable before anything is acknowledged.
struct UploadReceiver: Sendable {
    /// Without a checksum, progress is recorded every so many bytes: a cut connection costs no more than this.
    private static let step = 1 << 20

    let store: UploadStore
    let files: PacketFiles
    let limits: PlatformConfiguration.Limits

    /// - Parameters:
    ///   - count: bytes that the request announced
    ///   - checksum: what was said of the body; with it the body counts as a whole or not at all
    /// - Returns: the new durable offset.
    func receive(_ body: RequestBody, count: Int, checksum: BodyChecksum?, for upload: Upload) async throws -> Int {
        #if MUTANTS
            let checksum = Mutant.anyChecksum.isAwake ? nil : checksum
        #endif
        let id = upload.header.id
        guard let writer = try await store.whileUndecided(id, { [files] _ in try files.writer(id, at: upload.offset) }) else {
            throw ProblemResponse(
                .offsetConflict, 409, "The packet has come by another way.",
                headers: [.tusResumable: Tus.version, .uploadOffset: String(upload.length)])
        }
        let deadline = ContinuousClock.now.advanced(by: limits.bodyTimeout)
        var checksum = checksum
        var received = 0
        var recorded = upload.offset
        var isLate = false
        do {
            for try await buffer in body {
                received += buffer.readableBytes
                // The parser holds the body to its Content-Length; this guards the file should it ever not.
                guard received <= count else { break }
                let bytes = Data(buffer.readableBytesView)
                checksum?.update(bytes)
                try await writer.append(bytes)
                if checksum == nil, await writer.offset - recorded >= Self.step { recorded = try await record(writer, id) }
                // A sender that trickles never idles long enough to be cut off, so the whole body has its time too.
                isLate = ContinuousClock.now > deadline
                if isLate { break }
            }
        } catch let error as PlatformError {
            throw error
        } catch {
            // The connection broke: what has arrived is kept below.
            received = min(received, count - 1)
        }
        guard received == count else {
            if checksum == nil, received < count { recorded = try await record(writer, id) }
            try await writer.truncate(to: recorded)
            throw ProblemResponse.retry(.timeout, 408, isLate ? "The body took too long." : "The body ended early.", after: 1)
        }
        if let checksum, !checksum.isRight {
            try await writer.truncate(to: upload.offset)
            throw ProblemResponse(
                .checksumMismatch, Tus.checksumMismatch, "The bytes do not have the announced checksum.", headers: [.tusResumable: Tus.version])
        }
        return try await record(writer, id)
    }

    /// File first, then the row: an offset that was told survives a power cut.
    private func record(_ writer: PacketWriter, _ id: UUID) async throws -> Int {
        try await writer.synchronize()
        let offset = await writer.offset
        try await store.setOffset(offset, of: id)
        return offset
    }
}
