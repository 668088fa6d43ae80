import Foundation
import HTTPTypes
import Hummingbird
import PlatformAPI

/// tus 1.0: core, creation, termination, checksum, expiration.
struct UploadRoutes: Sendable {
    let store: UploadStore
    let files: PacketFiles
    let locks: UploadLocks
    let intake: PacketIntake
    let limits: PlatformConfiguration.Limits

    func options(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        Response(
            status: .noContent,
            headers: [
                .tusResumable: Tus.version, .tusVersion: Tus.version, .tusExtension: Tus.extensions,
                .tusMaxSize: String(limits.maxMaterialPacket), .tusChecksumAlgorithm: BodyChecksum.algorithms,
            ])
    }

    /// Announces a packet. Announcing the same one again answers with the same location, so that a lost answer costs nothing.
    func create(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        try requireVersion(request)
        guard let metadata = request.headers[.uploadMetadata].flatMap(UploadMetadata.init(headerValue:)) else {
            throw ProblemResponse(.badRequest, 400, "Upload-Metadata needs id (UUIDv7), kind, sequence and digest, and nothing else.")
        }
        guard let length = request.headers[.uploadLength].flatMap(Self.count), length > 0 else {
            throw ProblemResponse(.badRequest, 400, "Upload-Length must be a positive number; deferred lengths are not supported.")
        }
        guard length <= (metadata.kind == .application ? limits.maxApplicationPacket : limits.maxMaterialPacket) else {
            throw ProblemResponse(.tooLarge, 413, "The packet is larger than this platform takes.")
        }
        let header = PacketHeader(id: metadata.id, kind: metadata.kind, kiosk: try context.kiosk(), sequence: metadata.sequence)
        if header.kind == .material { try await intake.checkAnnounced(header, sealedSize: length) }
        let upload = Upload(header: header, sealedDigest: metadata.sealedDigest, length: length, offset: 0)
        var creation = try await store.create(upload, maxOpen: limits.maxOpenUploads)
        if case .existing(let existing) = creation, try await intake.discardTorn(existing) {
            creation = try await store.create(upload, maxOpen: limits.maxOpenUploads)
        }
        switch creation {
        case .created: return answer(.created, upload)
        case .existing(let existing): return answer(.ok, existing)
        case .conflict: throw ProblemResponse(.uploadConflict, 409, "This id belongs to another packet.")
        case .tooMany: throw ProblemResponse.retry(.tooManyRequests, 429, "This kiosk has too many unfinished uploads.", after: 60)
        }
    }

    private func answer(_ status: HTTPResponse.Status, _ upload: Upload) -> Response {
        var headers: HTTPFields = [
            .tusResumable: Tus.version, .location: PlatformRoute.location(ofUpload: upload.header.id), .uploadOffset: String(upload.offset),
        ]
        headers[.uploadExpires] = expiry(of: upload)
        return Response(status: status, headers: headers)
    }

    /// When an upload is forgotten at the earliest, if nothing is added; nil for a complete one.
    private func expiry(of upload: Upload) -> String? {
        upload.isComplete ? nil : HTTPDate.text(upload.touchedAt + limits.uploadLifetime / .seconds(1))
    }

    func head(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        try requireVersion(request)
        let upload = try await find(context)
        var headers: HTTPFields = [.tusResumable: Tus.version, .uploadOffset: String(upload.offset), .uploadLength: String(upload.length)]
        headers[.uploadExpires] = expiry(of: upload)
        return Response(status: .ok, headers: headers)
    }

    func patch(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        try requireVersion(request)
        guard request.headers[.contentType] == Tus.contentType else {
            throw ProblemResponse(.unsupportedMediaType, 415, "Content-Type must be \(Tus.contentType).")
        }
        guard let offset = request.headers[.uploadOffset].flatMap(Self.count), let count = request.headers[.contentLength].flatMap(Self.count) else {
            throw ProblemResponse(.badRequest, 400, "Upload-Offset and Content-Length are needed.")
        }
        let checksum = try request.headers[.uploadChecksum].map(Self.checksum)
        if checksum != nil, count > limits.maxChecksummedPatch {
            throw ProblemResponse(.tooLarge, 413, "A PATCH with a checksum may carry \(limits.maxChecksummedPatch) bytes at most.")
        }
        let id = try await find(context).header.id
        let response: Response? = try await locks.attempt(id) {
            // Read again under the lock: the offset may have moved since.
            var upload = try await find(context)
            guard upload.offset == offset else {
                throw ProblemResponse(
                    .offsetConflict, 409, "The upload does not stand at that offset.",
                    headers: [.tusResumable: Tus.version, .uploadOffset: String(upload.offset)])
            }
            guard count <= upload.length - offset else {
                throw ProblemResponse(.tooLarge, 413, "More bytes than Upload-Length announced.")
            }
            let receiver = UploadReceiver(store: store, files: files, limits: limits)
            upload.offset = try await receiver.receive(request.body, count: count, checksum: checksum, for: upload)
            upload.touchedAt = Date()
            if upload.isComplete { try await intake.decideHoldingLock(upload) }
            var headers: HTTPFields = [.tusResumable: Tus.version, .uploadOffset: String(upload.offset)]
            headers[.uploadExpires] = expiry(of: upload)
            return Response(status: .noContent, headers: headers)
        }
        guard let response else { throw Self.busy }
        return response
    }

    func delete(_ request: Request, _ context: PlatformRequestContext) async throws -> Response {
        try requireVersion(request)
        let id = try await find(context).header.id
        let response: Response? = try await locks.attempt(id) {
            guard try await store.discard(id, files) else {
                throw ProblemResponse(.uploadConflict, 409, "The packet has been decided; it can't be withdrawn.")
            }
            return Response(status: .noContent, headers: [.tusResumable: Tus.version])
        }
        guard let response else { throw Self.busy }
        return response
    }

    static var busy: ProblemResponse { .retry(.uploadBusy, 423, "Another request works on this upload.", after: 1) }

    /// Another kiosk's upload is as good as none: its existence is nobody else's business.
    private func find(_ context: PlatformRequestContext) async throws -> Upload {
        guard let upload = try await store.find(try context.id()), upload.header.kiosk == (try context.kiosk()) else {
            throw ProblemResponse(.notFound, 404, "There is no such upload.", headers: [.tusResumable: Tus.version])
        }
        return upload
    }

    private func requireVersion(_ request: Request) throws {
        guard request.headers[.tusResumable] == Tus.version else {
            throw ProblemResponse(.tusVersion, 412, "Tus-Resumable must be \(Tus.version).", headers: [.tusVersion: Tus.version])
        }
    }

    /// Decimal digits only: `Int` would take a sign.
    private static func count(_ text: String) -> Int? {
        (1...18).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func checksum(_ field: String) throws -> BodyChecksum {
        guard let checksum = BodyChecksum(field: field) else {
            throw ProblemResponse(.badRequest, 400, "Upload-Checksum must be sha1 or sha256 and the digest in base64.")
        }
        return checksum
    }
}

extension HTTPField.Name {
    static let tusResumable = name(Tus.resumable)
    static let tusVersion = name(Tus.versionHeader)
    static let tusExtension = name(Tus.extensionHeader)
    static let tusMaxSize = name(Tus.maxSize)
    static let tusChecksumAlgorithm = name(Tus.checksumAlgorithm)
    static let uploadLength = name(Tus.uploadLength)
    static let uploadOffset = name(Tus.uploadOffset)
    static let uploadMetadata = name(Tus.uploadMetadata)
    static let uploadChecksum = name(Tus.uploadChecksum)
    static let uploadExpires = name(Tus.uploadExpires)

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a header field name") }
        return name
    }
}
