import BadNetwork
import Bench
import Foundation
import KioskModel
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import Testing

/// The kiosk's delivery as kioskd composes it, over a bad network, to a real platform.
struct KioskOnBadNetwork: Sendable {
    /// Of the delivery loop; short, so that a failure costs a test little.
    static let backoff = (shortest: Duration.milliseconds(100), longest: Duration.milliseconds(400))
    /// Of one request. A loaded machine needs some of it.
    static let deadline = Duration.seconds(6)

    let proxy: NetworkProxy
    let city: CityPlatform
    let outbox: Outbox
    let delivery: DeliveryService
    let submission: ApplicationSubmission
    /// Sealed bytes of all packets.
    let sealedBytes: Int
    /// Before the delivery was started.
    let began = Date()

    /// Commits one application with one material, starts the delivery, lends it all, and takes it down.
    /// - Parameters:
    ///   - materialSize: bytes; the client's first piece has 128 KiB
    ///   - rules: what is wrong with the network from the beginning
    ///   - before: done with the network before the delivery starts
    static func with(
        materialSize: Int = 300_000, rules: [NetworkRule] = [], before: (NetworkProxy) -> Void = { _ in },
        _ body: @Sendable (KioskOnBadNetwork, [NetworkRule.ID]) async throws -> Void
    ) async throws {
        let city = try #require(CityPlatform.current)
        try await city.inTurn { try await run(city, materialSize, rules, before, body) }
    }

    private static func run(
        _ city: CityPlatform, _ materialSize: Int, _ rules: [NetworkRule], _ before: (NetworkProxy) -> Void,
        _ body: @Sendable (KioskOnBadNetwork, [NetworkRule.ID]) async throws -> Void
    ) async throws {
        let proxy = NetworkProxy(target: city.platform.port)
        try await proxy.start()
        let (credential, key, directory) = try await city.enrol(port: proxy.port)
        defer { try? FileManager.default.removeItem(at: directory) }
        let ids = rules.map { proxy.add($0) }
        before(proxy)
        var logger = Logger(label: "delivery")
        logger.logLevel = .critical
        let outbox = try Outbox(directory: directory.appending(path: "outbox"), logger: logger)
        let store = OutboxStore(outbox)
        let (submission, bytes) = try await commit(credential, key, to: store, materialSize: materialSize)
        let delivery = DeliveryService(
            store: store, uplink: try PlatformLink(credential: credential, deadline: deadline),
            backoff: Backoff(shortest: backoff.shortest, longest: backoff.longest), logger: logger)
        let kiosk = KioskOnBadNetwork(
            proxy: proxy, city: city, outbox: outbox, delivery: delivery, submission: submission, sealedBytes: bytes)
        let running = Task { try await delivery.run() }
        do {
            try await body(kiosk, ids)
        } catch {
            await proxy.stop()
            running.cancel()
            _ = await running.result
            throw error
        }
        await proxy.stop()
        running.cancel()
        try await running.value
    }

    /// As SubmissionPipeline does, with bytes instead of scanned pages.
    static func commit(
        _ credential: KioskCredential, _ key: KioskPrivateKey, to store: OutboxStore, materialSize: Int
    ) async throws -> (ApplicationSubmission, sealedBytes: Int) {
        let citizen = try #require(SyntheticCitizen.named("moved"))
        let number = try #require(IDNumber(citizen.number))
        let now = Date()
        let material = Data((0..<materialSize).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        let submission = ApplicationSubmission(
            id: .v7(at: now), reference: "NET-\(credential.kiosk)", kiosk: credential.kiosk, itemCode: "11999999MB0000010Y3000109001001",
            applicant: IdentityCard(
                kind: citizen.kind, name: citizen.name, number: .citizen(number), sex: citizen.sex, birth: citizen.birth,
                address: citizen.address, validity: .init(from: citizen.validFrom, until: citizen.validUntil)),
            submittedAt: now,
            materials: [
                MaterialManifest(
                    id: .v7(at: now), requirement: "residence-proof", mediaType: "application/pdf", pageCount: 1, byteCount: material.count,
                    digest: Digest.sha256(material), trustLevel: .uploaded)
            ])
        let sealer = SubmissionSealer(key: { credential.sealingKey.key }, signer: key, store: store)
        try await sealer.commit(
            submission, [SubmittedMaterial(manifest: submission.materials[0]) { body in try material.withUnsafeBytes(body) }], at: now)
        return (submission, try await store.perform { try $0.counts().bytes })
    }

    /// Fails when the platform or the kiosk already count anything as delivered.
    func expectNothingDelivered() async throws {
        #expect(try outbox.counts()[.delivered].entries == 0)
        #expect(try outbox.entries(state: .rejected).isEmpty)
        #expect(try await city.platform.officer.applications().filter { $0.kiosk == submission.kiosk }.isEmpty)
    }

    /// Waits until nothing waits, and then compares what the platform has with what was committed.
    func expectDeliveredOnce(deadline: Duration = .seconds(120)) async throws {
        let _: Bool = try await Poll.until("everything to be delivered", deadline: deadline) {
            let entries = try outbox.entries()
            return entries.allSatisfy { $0.state != .waiting }
                ? .there(true) : .notYet(entries.map { "\($0.kind) \($0.state) \($0.attempts) \($0.lastError ?? "-")" }.joined(separator: ", "))
        }
        #expect(try outbox.entries().map(\.state) == [.delivered, .delivered])
        let applications = try await city.platform.officer.applications().filter { $0.kiosk == submission.kiosk }
        #expect(applications.map(\.id) == [submission.id])
        #expect(applications.first?.status == .complete)
        let manifest = submission.materials[0]
        #expect(applications.first?.materials.map(\.digest) == [manifest.digest])
        #expect(Digest.sha256(try await city.platform.officer.material(manifest.id, of: submission.id)) == manifest.digest)
    }

    /// Returns when the rule has come to pass so often.
    func waitFor(_ rule: NetworkRule.ID, fired count: Int, deadline: Duration = .seconds(120)) async throws {
        let _: Bool = try await Poll.until("the rule to come to pass \(count) times", deadline: deadline) {
            let fired = proxy.fired(rule)
            return fired >= count ? .there(true) : .notYet("\(fired) times; \(try outbox.entries().map { $0.lastError ?? "-" })")
        }
    }
}
