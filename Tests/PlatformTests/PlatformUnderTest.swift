import AsyncHTTPClient
import Foundation
import KioskModel
import Logging
import NIOCore
import NIOHTTP1
import Platform
import PlatformAPI
import PlatformClient
import ServiceLifecycle
import Synchronization
import Testing

/// A real platform on a free loopback port, over one data directory that outlives its restarts.
actor PlatformUnderTest {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let catalogue = root.appendingPathComponent("Kiosk/catalogue")

    nonisolated let data = FileManager.default.temporaryDirectory.appendingPathComponent("platform-\(UUID())")
    private let limits: PlatformConfiguration.Limits
    /// What it logged, over all its starts.
    nonisolated let journal = Journal()
    private var group: ServiceGroup?
    private var running: Task<Void, any Error>?
    private(set) var url = URL(fileURLWithPath: "/")

    init(limits: PlatformConfiguration.Limits = .init()) {
        self.limits = limits
    }

    /// Starts a platform, lends it, and removes everything afterwards.
    static func with(limits: PlatformConfiguration.Limits = .init(), _ body: (PlatformUnderTest) async throws -> Void) async throws {
        let platform = PlatformUnderTest(limits: limits)
        do {
            try await platform.start()
            try await body(platform)
        } catch {
            try? await platform.end()
            throw error
        }
        try await platform.end()
    }

    func start() async throws {
        let (addresses, continuation) = AsyncStream.makeStream(of: URL.self)
        let journal = journal
        let logger = Logger(label: "platform") { _ in journal }
        let server = try PlatformServer(
            configuration: .init(data: data, catalogue: Self.catalogue, limits: limits), logger: logger, onRunning: { continuation.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        self.group = group
        running = Task {
            defer { continuation.finish() }
            try await group.run()
        }
        for await address in addresses {
            url = address
            return
        }
        try await running?.value
    }

    /// Ends the server at once, requests under way included.
    func interrupt() async {
        running?.cancel()
        _ = await running?.result
        running = nil
    }

    private func end() async throws {
        await group?.triggerGracefulShutdown()
        running?.cancel()
        _ = await running?.result
        try? FileManager.default.removeItem(at: data)
    }

    func enrol(_ name: String, profile: CryptoProfile = .international) throws -> TestKiosk {
        let key = try KioskPrivateKey(profile: profile)
        return TestKiosk(credential: try Enrolment(data: data).enrol(kiosk: name, platformURL: url, kioskKey: key.publicKey), key: key)
    }

    /// A list of all applications, as an operator sees them.
    func applications() async throws -> [ApplicationSummary] {
        let answer = try await request(.GET, PlatformRoute.applications, token: try Enrolment(data: data).operatorToken())
        #expect(answer.status == 200)
        return try PlatformJSON.decode([ApplicationSummary].self, from: answer.body)
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: Data
        var problem: Problem? { try? PlatformJSON.decode(Problem.self, from: body) }
    }

    func request(
        _ method: HTTPMethod, _ path: String, token: String? = nil, _ headers: [String: String] = [:], body: Data? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url.absoluteString + path)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 80 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: Data(bytes.readableBytesView))
    }
}

/// Keeps every log line.
final class Journal: LogHandler, Sendable {
    struct Line: Sendable, Equatable {
        var level: Logger.Level
        var text: String
    }

    private let kept = Mutex<[Line]>([])

    var lines: [Line] { kept.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append(Line(level: event.level, text: "\(event.message) \(event.metadata?.description ?? "")")) }
    }
}

/// A kiosk that is enrolled.
struct TestKiosk: Sendable {
    var credential: KioskCredential
    var key: KioskPrivateKey

    var token: Redacted<String> { credential.token }
}

/// A sealed packet in memory and on disk.
struct TestPacket: Sendable {
    var header: PacketHeader
    var plaintext: Data
    var sealed: Data
    var digest: String { Digest.sha256(sealed) }
    var metadata: UploadMetadata { .init(id: header.id, kind: header.kind, sequence: header.sequence, sealedDigest: digest) }

    init(_ header: PacketHeader, _ plaintext: Data, dependsOn: UUID? = nil, by kiosk: TestKiosk) throws {
        self.header = header
        self.plaintext = plaintext
        sealed = try PacketSealer.seal(
            plaintext, header: header, label: PacketLabel(reference: "K1-0001", dependsOn: dependsOn), key: kiosk.credential.sealingKey.key,
            signer: kiosk.key)
    }

    func file() throws -> URL {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("packet-\(UUID())")
        try sealed.write(to: file)
        return file
    }
}

/// A synthetic citizen's application with one material.
struct TestApplication: Sendable {
    /// Residence permit application of the shipped catalogue.
    static let item = "11999999MB0000010Y3000109001001"
    static let name = "欧阳试样"
    static let address = "示范省示范市示范路九号"
    static let number = IDNumber.completing("99999919900307001")

    var submission: ApplicationSubmission
    var application: TestPacket
    var material: TestPacket

    init(_ kiosk: TestKiosk, materialSize: Int = 300_000, change: (inout ApplicationSubmission) -> Void = { _ in }) throws {
        let number = try #require(Self.number)
        let pages = Data((0..<materialSize).map { UInt8(truncatingIfNeeded: $0 &* 17 &+ $0 >> 7) })
        let validity = IdentityCard.Validity(from: try #require(CivilDate(compact: "20200101")), until: nil)
        let id = UUID.v7(at: Date())
        let materialID = UUID.v7(at: Date())
        submission = ApplicationSubmission(
            id: id, reference: "K1-0001", kiosk: kiosk.credential.kiosk, itemCode: Self.item,
            applicant: IdentityCard(
                kind: .resident, name: Self.name, number: .citizen(number), sex: .male, birth: try #require(CivilDate(compact: "19900307")),
                address: Self.address, validity: validity),
            submittedAt: Date(timeIntervalSince1970: 1_795_000_000),
            materials: [
                MaterialManifest(
                    id: materialID, requirement: "residence-proof", mediaType: "application/pdf", pageCount: 2, byteCount: pages.count,
                    digest: Digest.sha256(pages), trustLevel: .uploaded)
            ])
        change(&submission)
        application = try TestPacket(
            PacketHeader(id: id, kind: .application, kiosk: kiosk.credential.kiosk, sequence: 1), try PlatformJSON.encode(submission), by: kiosk)
        material = try TestPacket(
            PacketHeader(id: materialID, kind: .material, kiosk: kiosk.credential.kiosk, sequence: 2), pages, dependsOn: id, by: kiosk)
    }
}

/// Raw tus requests, to do what a well-behaved client does not.
struct RawTus: Sendable {
    let platform: PlatformUnderTest
    let token: String

    func post(_ packet: TestPacket, length: Int? = nil, digest: String? = nil) async throws -> PlatformUnderTest.Answer {
        var metadata = packet.metadata
        if let digest { metadata.sealedDigest = digest }
        return try await platform.request(
            .POST, PlatformRoute.uploads, token: token,
            [Tus.resumable: Tus.version, Tus.uploadLength: String(length ?? packet.sealed.count), Tus.uploadMetadata: metadata.headerValue])
    }

    func patch(_ id: UUID, _ bytes: Data, at offset: Int, _ extra: [String: String] = [:]) async throws -> PlatformUnderTest.Answer {
        let headers = [Tus.resumable: Tus.version, Tus.uploadOffset: String(offset), "Content-Type": Tus.contentType]
        return try await platform.request(.PATCH, PlatformRoute.upload(id), token: token, headers.merging(extra) { $1 }, body: bytes)
    }

    func head(_ id: UUID) async throws -> PlatformUnderTest.Answer {
        try await platform.request(.HEAD, PlatformRoute.upload(id), token: token, [Tus.resumable: Tus.version])
    }

    func offset(_ id: UUID) async throws -> String? {
        try await head(id).headers.first(name: Tus.uploadOffset)
    }

    func delete(_ id: UUID) async throws -> PlatformUnderTest.Answer {
        try await platform.request(.DELETE, PlatformRoute.upload(id), token: token, [Tus.resumable: Tus.version])
    }

    func acknowledgement(_ id: UUID) async throws -> PlatformUnderTest.Answer {
        try await platform.request(.GET, PlatformRoute.acknowledgement(id), token: token)
    }
}
