import Foundation
import NIOCore
import NIOHTTP1
import PlatformAPI

/// The tus 1.0 side of a delivery: announce, ask where the upload stands, send the rest in checksummed pieces.
struct TusUpload: Sendable {
    /// How often an upload may be set back (by another sender, a discarded or a damaged piece) before the queue's patience takes over.
    private static let setbacks = 3

    let connection: PlatformConnection
    let file: PacketFile
    let header: PacketHeader
    let sealedDigest: String
    let line: PlatformLine
    let places: UploadPlaces

    private var size: Int { file.size }

    /// Returns when the server has every byte. Behind a broken connection the next call goes on where this one stood; behind anything else that the server
    /// said it announces the packet anew.
    ///
    /// Whether the file is still what was sealed the server tells, which digests it anyway: to digest it here too, only for that, is among the largest costs of sending it.
    /// Only when it complains the file is looked at, so that nobody is blamed for what the disk has done.
    /// - Throws: `UplinkError.fileDamaged` when it isn't
    func run() async throws {
        do {
            do {
                try await send()
            } catch UplinkError.rejected(let problem) {
                try await checkFile()
                throw UplinkError.rejected(problem)
            }
        } catch {
            let place = places[header.id]
            switch error {
            case UplinkError.unreachable, UplinkError.retryable(_, nil), is CancellationError: break
            default: places[header.id] = nil
            }
            // Nothing will come of what was begun, and a platform takes only so much that is unfinished.
            if let place, error as? UplinkError == .fileDamaged || (error as? POSIXError)?.code == .EIO {
                _ = try? await connection.tus(.DELETE, place)
            }
            throw error
        }
    }

    /// Throws `UplinkError.fileDamaged` unless the file is what was sealed, and the file system's error when it can't be read.
    func checkFile() async throws {
        if try await file.digest().hexadecimal != sealedDigest { throw UplinkError.fileDamaged }
    }

    private func send() async throws {
        var (url, offset) = try await resume()
        var setbacks = 0
        while offset < size {
            let piece = try file.piece(at: offset, atMost: min(line.pieceSize.value, size - offset))
            let count = piece.readableBytes
            guard count > 0 else { throw UplinkError.fileDamaged }
            try await line.throttle?.pass(count)
            let answer = try await line.carry(count) {
                try await connection.tus(
                    .PATCH, url,
                    [
                        ("Content-Type", Tus.contentType), (Tus.uploadOffset, String(offset)),
                        (Tus.uploadChecksum, "sha256 " + checksum(piece)),
                    ], body: piece)
            }
            if answer.status == 204 {
                guard Self.number(answer, Tus.uploadOffset) == offset + count else { throw UplinkError.notThePlatform }
                offset += count
                continue
            }
            let failure = PlatformConnection.failure(answer)
            if answer.status == Tus.checksumMismatch { try await checkFile() }
            setbacks += 1
            guard Self.isGone(answer) || [409, Tus.checksumMismatch].contains(answer.status), failure != .notThePlatform, setbacks <= Self.setbacks
            else { throw failure }
            (url, offset) = try await resume()
        }
    }

    /// Where the upload lies, and how many bytes the server has: at the place that is remembered, or else at the one that the announcement is answered with.
    private func resume() async throws -> (url: String, offset: Int) {
        if let url = places[header.id], let offset = try await durableOffset(url) { return (url, offset) }
        let (url, isNew) = try await announce()
        places[header.id] = url
        // One that was made just now has nothing yet.
        if isNew { return (url, 0) }
        guard let offset = try await durableOffset(url) else { throw UplinkError.retryable(after: nil, problem: .notFound) }
        return (url, offset)
    }

    private func announce() async throws -> (url: String, isNew: Bool) {
        let metadata = UploadMetadata(id: header.id, kind: header.kind, sequence: header.sequence, sealedDigest: sealedDigest)
        let uploads = connection.url(PlatformRoute.uploads)
        let answer = try await connection.tus(.POST, uploads, [(Tus.uploadLength, String(size)), (Tus.uploadMetadata, metadata.headerValue)])
        guard answer.status == 201 || answer.status == 200 else { throw PlatformConnection.failure(answer) }
        guard let location = answer.headers.first(name: "Location"), let url = UploadPlaces.resolve(location, from: uploads) else {
            throw UplinkError.notThePlatform
        }
        return (url, answer.status == 201)
    }

    /// Nil when there is no such upload, or not any more.
    private func durableOffset(_ url: String) async throws -> Int? {
        let answer = try await connection.tus(.HEAD, url)
        guard [200, 204].contains(answer.status) else {
            let failure = PlatformConnection.failure(answer)
            if Self.isGone(answer), failure != .notThePlatform { return nil }
            throw failure
        }
        guard let offset = Self.number(answer, Tus.uploadOffset), (0...size).contains(offset), Self.number(answer, Tus.uploadLength) == size else {
            throw UplinkError.notThePlatform
        }
        return offset
    }

    private static func isGone(_ answer: PlatformConnection.Answer) -> Bool { answer.status == 404 || answer.status == 410 }

    private static func number(_ answer: PlatformConnection.Answer, _ name: String) -> Int? {
        answer.headers.first(name: name).flatMap { Int($0) }
    }

    /// SHA-256 of a piece, in Base64.
    private func checksum(_ piece: ByteBuffer) -> String {
        // That of the whole packet is known.
        if piece.readableBytes == size, let known = Data(hexadecimal: sealedDigest) { return known.base64EncodedString() }
        var digest = Digest()
        piece.withUnsafeReadableBytes { digest.update($0) }
        return digest.bytes.base64EncodedString()
    }
}
