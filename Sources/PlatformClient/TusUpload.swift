import Foundation
import NIOHTTP1
import PlatformAPI

/// The tus 1.0 side of a delivery: announce, ask where the upload stands, send the rest in checksummed pieces.
struct TusUpload: Sendable {
    /// How often an upload may be set back (by another sender, a discarded or a damaged piece) before the queue's patience takes over.
    private static let setbacks = 3

    let connection: PlatformConnection
    let file: PacketFile
    /// The file as it was found to be what was sealed.
    let measure: PacketFile.Measure
    let header: PacketHeader
    let sealedDigest: String
    let throttle: Throttle?

    private var size: Int { measure.size }
    private var path: String { PlatformRoute.upload(header.id) }

    func run() async throws {
        var offset = try await announce()
        var setbacks = 0
        while offset < size {
            let piece = try await piece(at: offset)
            guard !piece.isEmpty, offset + piece.count <= size else { throw UplinkError.fileDamaged }
            try await throttle?.pass(piece.count)
            let answer = try await connection.tus(
                .PATCH, path,
                [
                    ("Content-Type", Tus.contentType), (Tus.uploadOffset, String(offset)),
                    (Tus.uploadChecksum, "sha256 " + checksum(piece)),
                ], body: piece)
            if answer.status == 204 {
                guard Self.number(answer, Tus.uploadOffset) == offset + piece.count else { throw UplinkError.notThePlatform }
                offset += piece.count
                continue
            }
            let failure = PlatformConnection.failure(answer)
            setbacks += 1
            guard [404, 409, Tus.checksumMismatch].contains(answer.status), failure != .notThePlatform, setbacks <= Self.setbacks else {
                throw failure
            }
            offset = answer.status == 409 ? try await durableOffset() : try await announce()
        }
    }

    /// - Returns: where the upload stands
    private func announce() async throws -> Int {
        let metadata = UploadMetadata(id: header.id, kind: header.kind, sequence: header.sequence, sealedDigest: sealedDigest)
        let answer = try await connection.tus(
            .POST, PlatformRoute.uploads, [(Tus.uploadLength, String(size)), (Tus.uploadMetadata, metadata.headerValue)])
        guard answer.status == 201 || answer.status == 200 else { throw PlatformConnection.failure(answer) }
        guard let location = answer.headers.first(name: "Location"), location.hasSuffix(path) else { throw UplinkError.notThePlatform }
        // One that was made just now has nothing yet.
        return answer.status == 201 ? 0 : try await durableOffset()
    }

    private func durableOffset() async throws -> Int {
        let answer = try await connection.tus(.HEAD, path)
        guard answer.status == 200 else { throw PlatformConnection.failure(answer) }
        guard let offset = Self.number(answer, Tus.uploadOffset), (0...size).contains(offset), Self.number(answer, Tus.uploadLength) == size else {
            throw UplinkError.notThePlatform
        }
        return offset
    }

    private static func number(_ answer: PlatformConnection.Answer, _ name: String) -> Int? {
        answer.headers.first(name: name).flatMap { Int($0) }
    }

    private func piece(at offset: Int) async throws -> Data {
        if offset == 0, let whole = measure.whole { return whole }
        return try await file.piece(at: offset)
    }

    private func checksum(_ piece: Data) -> String {
        // All of the file was digested before.
        if piece.count == size { return measure.digest.bytes.base64EncodedString() }
        var digest = Digest()
        digest.update(piece)
        return digest.bytes.base64EncodedString()
    }
}
