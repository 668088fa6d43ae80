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
    let places: UploadPlaces

    private var size: Int { measure.size }

    /// Returns when the server has every byte. Behind a broken connection the next call goes on where this one stood; behind anything else that the server
    /// said it announces the packet anew.
    func run() async throws {
        do {
            try await send()
        } catch {
            switch error {
            case UplinkError.unreachable, UplinkError.retryable(_, nil), is CancellationError: break
            default: places[header.id] = nil
            }
            throw error
        }
    }

    private func send() async throws {
        var (url, offset) = try await resume()
        var setbacks = 0
        while offset < size {
            let piece = try await piece(at: offset)
            guard !piece.isEmpty, offset + piece.count <= size else { throw UplinkError.fileDamaged }
            try await throttle?.pass(piece.count)
            let answer = try await connection.tus(
                .PATCH, url,
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
