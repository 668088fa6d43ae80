public import AsyncHTTPClient
public import Foundation
public import KioskModel
import NIOCore
public import PlatformAPI

/// A kiosk's way to the central platform. It repeats nothing on its own but what resuming an upload needs: when to try again is the queue's decision.
public struct PlatformUplink: Sendable {
    private let credential: KioskCredential
    private let own: OwnClient?
    private let connection: PlatformConnection
    private let line: PlatformLine
    private let places = UploadPlaces()

    /// - Parameters:
    ///   - httpClient: must not follow redirects, and one of its threads is blocked by reading files; nil makes one of its own, which `shutdown` closes.
    ///   - bandwidth: bytes a second that all uploads together may send; nil for what the line takes
    ///   - deadline: the longest that one request may take, its whole answer included. Silence of half as long ends it too.
    /// - Throws: `UplinkError.insecureURL` for anything but https, or http to this machine.
    public init(
        credential: KioskCredential, httpClient: HTTPClient? = nil, bandwidth: Int? = nil, deadline: Duration = .seconds(60)
    ) throws {
        guard KioskCredential.isAcceptable(credential.platformURL) else { throw UplinkError.insecureURL }
        self.credential = credential
        line = PlatformLine(bandwidth: bandwidth)
        let client = httpClient ?? Self.makeClient(deadline)
        own = httpClient == nil ? OwnClient(client) : nil
        let text = credential.platformURL.absoluteString
        connection = PlatformConnection(
            base: text.hasSuffix("/") ? String(text.dropLast()) : text, token: credential.token, client: client,
            deadline: deadline)
    }

    /// All connections are on one thread, which is also where `deliver` works.
    /// A redirect would carry the bearer token elsewhere, and is how captive portals answer: none is followed.
    static func makeClient(_ deadline: Duration) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10), read: TimeAmount(deadline / 2))
        configuration.connectionPool.idleTimeout = .seconds(20)
        // When to try again is the queue's decision, and why it failed shouldn't be known only when the client's patience has ended.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Nobody traces a kiosk, and each request would be described all the same.
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroupProvider: .shared(LoopExecutor.uplink.loop), configuration: configuration)
    }

    /// The thread that the connections are on, and where `deliver` works whoever calls it.
    public var executor: any TaskExecutor { connection.executor }

    /// Closes the connections; the uplink is of no use afterwards.
    public func shutdown() async throws {
        try await own?.client.shutdown()
    }

    /// The platform's keys and limits.
    public func info() async throws -> PlatformInfo {
        try await connection.get(PlatformRoute.info, as: PlatformInfo.self)
    }

    /// What the platform has of the terms that this kiosk holds acknowledgements of.
    /// - Throws: `UplinkError`: `notThePlatform` unless the platform signed it for this kiosk and this question, `unreachable` when it began another term meanwhile.
    public func ledger(terms: [UUID]) async throws -> LedgerStatement {
        var whole: LedgerStatement?
        var rest = terms[...]
        repeat {
            let some = rest.prefix(LedgerStatement.mostTerms)
            rest = rest.dropFirst(some.count)
            let statement = try await ledger(some: Array(some))
            guard var known = whole else {
                whole = statement
                continue
            }
            guard known.term == statement.term else { throw UplinkError.unreachable }
            known.extents += statement.extents
            whole = known
        } while !rest.isEmpty
        guard let whole else { throw UplinkError.notThePlatform }
        return whole
    }

    private func ledger(some terms: [UUID]) async throws -> LedgerStatement {
        let nonce = Data((0..<LedgerStatement.nonceSize).map { _ in UInt8.random(in: .min ... .max) })
        let signed = try await connection.get(PlatformRoute.ledger(nonce: nonce, terms: terms), as: SignedLedgerStatement.self)
        guard signed.verify(with: credential.acknowledgementKey), signed.statement.kiosk == credential.kiosk, signed.statement.nonce == nonce else {
            throw UplinkError.notThePlatform
        }
        return signed.statement
    }

    /// What the city offers.
    public func items() async throws -> [ServiceItem] {
        try await connection.get(PlatformRoute.items, as: [ServiceItem].self)
    }

    /// Brings one sealed packet to the platform: begins the upload or resumes it, and returns only when the platform has signed for it.
    ///
    /// May be called any number of times for the same packet, also at once from two processes; the platform records it once.
    /// - Parameters:
    ///   - file: the sealed packet, unchanged since it was sealed
    ///   - byteCount: of the file
    ///   - sealedDigest: SHA-256 of the file, lower-case hexadecimal
    /// - Throws: `UplinkError`, `CancellationError`, or the file system's error when the file can't be read.
    public func deliver(file: URL, header: PacketHeader, byteCount: Int, sealedDigest: String) async throws -> DeliveredPacket {
        // Under another name the platform would reject the packet for good, though only the credential is wrong.
        guard header.kiosk == credential.kiosk else { throw UplinkError.unauthorised }
        return try await withTaskExecutorPreference(connection.executor) {
            try await send(file, header, byteCount: byteCount, sealedDigest: sealedDigest)
        }
    }

    private func send(_ file: URL, _ header: PacketHeader, byteCount: Int, sealedDigest: String) async throws -> DeliveredPacket {
        do {
            let packet = try PacketFile(file)
            guard packet.size == byteCount else { throw UplinkError.fileDamaged }
            let upload = TusUpload(connection: connection, file: packet, header: header, sealedDigest: sealedDigest, line: line, places: places)
            try await upload.run()
            // Should it not be acknowledged the bytes may be others than they seem: the next delivery begins with the announcement.
            places[header.id] = nil
            do {
                return try await acknowledgement(header, sealedDigest: sealedDigest)
            } catch let error as UplinkError {
                switch error {
                case .rejected, .retryable(_, .checksumMismatch): try await upload.checkFile()
                default: break
                }
                throw error
            }
        } catch UplinkError.fileDamaged {
            return try await acknowledged(header, sealedDigest: sealedDigest, orElse: .fileDamaged)
        }
    }

    /// What the platform once said of a packet that can't be sent any more; `error` when that is nothing.
    private func acknowledged(_ header: PacketHeader, sealedDigest: String, orElse error: UplinkError) async throws -> DeliveredPacket {
        do {
            return try await acknowledgement(header, sealedDigest: sealedDigest)
        } catch UplinkError.retryable(_, .undecided) {
            throw error
        }
    }

    private func acknowledgement(_ header: PacketHeader, sealedDigest: String) async throws -> DeliveredPacket {
        let (signed, bytes) = try await connection.read(PlatformRoute.acknowledgement(header.id), as: SignedAcknowledgement.self)
        let acknowledgement = signed.acknowledgement
        guard signed.verify(with: credential.acknowledgementKey), acknowledgement.id == header.id, acknowledgement.kiosk == header.kiosk,
            acknowledgement.kind == header.kind, acknowledgement.sequence == header.sequence, acknowledgement.sealedDigest == sealedDigest
        else { throw UplinkError.notThePlatform }
        return try DeliveredPacket(signed, asItCame: bytes)
    }
}
