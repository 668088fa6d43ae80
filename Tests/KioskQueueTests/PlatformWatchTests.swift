import Bench
import Foundation
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import Synchronization
import Testing

/// What a kiosk does when its platform says who it is, over a real connection and with a real outbox, in which three packets were delivered.
@Suite struct PlatformWatchTests {
    private let directory: URL
    private let outbox: Outbox
    private let store: OutboxStore
    private let entries: [OutboxEntry]
    /// The term in which the platform took them, under the numbers 1 to 3.
    private let first = UUID()
    private let second = UUID()
    private let platform: ScriptedPlatform
    private let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("watch-\(UUID().uuidString)")
        outbox = try Outbox(directory: directory, logger: quiet)
        store = OutboxStore(outbox)
        platform = try ScriptedPlatform(term: first)
        platform.become(first, extents: [first: 3])
        let drafts = (0..<3).map { _ in OutboxDraft(id: UUID(), kind: "application", reference: "TEST-0001") }
        entries = try outbox.commit(drafts, at: Date()) { _, _, sink in try sink(Data("sealed".utf8)) }
        for (index, entry) in entries.enumerated() {
            let place = LedgerPlace(term: first.wireText, number: UInt64(index) + 1)
            try outbox.markDelivered(id: entry.id, acknowledgement: Data("signed".utf8), place: place, at: Date())
        }
    }

    private struct Kiosk {
        var watch: PlatformWatch
        var delivery: DeliveryService
        var keys: PlatformKeys
        let idle: IdleStore
        let uplink: TakingUplink
    }

    private func kiosk(port: Int, interval: Duration = .seconds(20), deadline: Duration = .seconds(60)) throws -> Kiosk {
        let credential = KioskCredential(
            kiosk: "kiosk-1", token: "kiosk-1.secret", platformURL: try #require(URL(string: "http://127.0.0.1:\(port)")),
            sealingKey: try #require(platform.now.info?.sealingKeys.first), acknowledgementKey: platform.signer.publicKey,
            kioskKey: try KioskPrivateKey().publicKey)
        let idle = IdleStore(store)
        let uplink = TakingUplink(platform)
        // One after the other, so that what is taken has an order.
        let delivery = DeliveryService(store: idle, uplink: uplink, lanes: 1, logger: quiet)
        let keys = try PlatformKeys(credential: credential, directory: directory, logger: quiet)
        let watch = PlatformWatch(
            link: try PlatformLink(credential: credential, deadline: deadline), keys: keys, store: store, delivery: delivery, interval: interval,
            logger: quiet)
        return Kiosk(watch: watch, delivery: delivery, keys: keys, idle: idle, uplink: uplink)
    }

    private func serving(interval: Duration = .seconds(20), _ body: (Kiosk) async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try await platform.serving { try await body(try kiosk(port: $0, interval: interval)) }
    }

    private func states() throws -> [OutboxEntry.State] {
        try entries.map { try #require(try outbox.entry(id: $0.id)).state }
    }

    /// - Parameter term: the one that the outbox was last compared with
    private func expect(_ states: [OutboxEntry.State], term: UUID?, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try self.states() == states, sourceLocation: sourceLocation)
        let files = entries.map { FileManager.default.fileExists(atPath: outbox.fileURL(for: $0).path) }
        #expect(files == states.map { $0 != .archived }, sourceLocation: sourceLocation)
        #expect(try outbox.platformTerm() == term?.wireText, sourceLocation: sourceLocation)
    }

    private static let untouched = [OutboxEntry.State](repeating: .delivered, count: 3)

    @Test func whatARestoredPlatformHasLostIsSentAgainAtOnce() async throws {
        try await serving { kiosk in
            await kiosk.watch.look()
            try expect(Self.untouched, term: first)
            let running = Task { try await kiosk.delivery.run() }
            defer { running.cancel() }
            // It has found nothing to do, and sleeps until it is woken: nothing that waits has a date.
            try await Poll.until("an idle delivery") { kiosk.idle.count > 0 ? .there(()) : .notYet("it is at work") }
            #expect(kiosk.uplink.taken.isEmpty)
            platform.become(second, extents: [first: 1])
            await kiosk.watch.look()
            let taken = try await Poll.until("what was lost") {
                let states = try states()
                return kiosk.uplink.taken.count >= 2 && states == Self.untouched ? .there(kiosk.uplink.taken) : .notYet("\(states)")
            }
            #expect(taken == [entries[1].id, entries[2].id])
            let places = try entries.map { try outbox.entry(id: $0.id)?.place }
            #expect(places[0] == LedgerPlace(term: first.wireText, number: 1) && places[1]?.term == second.wireText)
            #expect(try outbox.platformTerm() == second.wireText && platform.now.questions == [[first], [first]])
            running.cancel()
            try await running.value
        }
    }

    @Test func aTermThatWasComparedIsNotAskedForAgain() async throws {
        try await serving { kiosk in
            for _ in 0..<3 { await kiosk.watch.look() }
            #expect(platform.now.infos == 3 && platform.now.questions == [[first]])
            // Started anew, without having lost anything.
            platform.become(second, extents: [first: 3])
            for _ in 0..<3 { await kiosk.watch.look() }
            #expect(platform.now.questions == [[first], [first]])
            try expect(Self.untouched, term: second)
            #expect(await kiosk.delivery.status.platformReachable)
        }
    }

    @Test func whatIsInABackupIsErased() async throws {
        try await serving { kiosk in
            platform.become(first, extents: [first: 3], watermark: 2)
            await kiosk.watch.look()
            try expect([.archived, .archived, .delivered], term: first)
            // Nothing is kept that the watermark has passed: there is nothing to ask.
            await kiosk.watch.look()
            #expect(platform.now.questions == [[first]])
            platform.become(first, extents: [first: 3], watermark: 3)
            await kiosk.watch.look()
            try expect([.archived, .archived, .archived], term: first)
            #expect(platform.now.questions == [[first], []])
        }
    }

    /// Between the two questions the platform was restored: its numbers mean something else now.
    @Test func aWatermarkOfATermThatWasNotComparedErasesNothing() async throws {
        try await serving { kiosk in
            await kiosk.watch.look()
            platform.become(second, extents: [first: 1], watermark: 3)
            platform.set { $0.info?.term = first }
            await kiosk.watch.look()
            try expect(Self.untouched, term: first)
            #expect(platform.now.questions == [[first], []])
            // The next look hears of the term: only what the platform still has is in its backup.
            platform.set { $0.info?.term = second }
            await kiosk.watch.look()
            try expect([.archived, .waiting, .waiting], term: second)
        }
    }

    /// The unsigned word is a reason to ask, and no more.
    @Test func whatIsSaidUnsignedErasesNothing() async throws {
        try await serving { kiosk in
            await kiosk.watch.look()
            platform.set { $0.info?.watermark = 3 }
            await kiosk.watch.look()
            #expect(platform.now.questions == [[first], []])
            platform.set { $0.info?.term = second }
            await kiosk.watch.look()
            #expect(platform.now.questions == [[first], [], [first]])
            try expect(Self.untouched, term: first)
        }
    }

    @Test(arguments: LedgerTrouble.allCases) func aStatementThatIsNoneChangesNothing(_ trouble: LedgerTrouble) async throws {
        try await serving { kiosk in
            await kiosk.watch.look()
            platform.become(second, extents: [:], watermark: 3)
            platform.set { $0.trouble = trouble }
            await kiosk.watch.look()
            try expect(Self.untouched, term: first)
            platform.become(first, extents: [first: 3], watermark: 3)
            await kiosk.watch.look()
            try expect(Self.untouched, term: first)
            #expect(platform.now.questions == [[first], [first], []])
            // The platform is there all the same, and is asked again.
            #expect(await kiosk.delivery.status.platformReachable)
            platform.set { $0.trouble = nil }
            await kiosk.watch.look()
            try expect([.archived, .archived, .archived], term: first)
        }
    }

    @Test func aPlatformThatDoesNotAnswerIsSaidToBeAway() async throws {
        try await serving { kiosk in
            await kiosk.watch.look()
            #expect(await kiosk.delivery.status.platformReachable)
            let info = platform.now.info
            platform.become(second, extents: [:], watermark: 3)
            platform.set { $0.info = nil }
            await kiosk.watch.look()
            #expect(await !kiosk.delivery.status.platformReachable)
            try expect(Self.untouched, term: first)
            #expect(platform.now.questions == [[first]])
            platform.set { $0.info = info }
            await kiosk.watch.look()
            #expect(await kiosk.delivery.status.platformReachable)
        }
    }

    @Test func nobodyThereChangesNothing() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        // Port 1 of this machine has no listener.
        let kiosk = try kiosk(port: 1, deadline: .milliseconds(100))
        await kiosk.watch.look()
        #expect(await !kiosk.delivery.status.platformReachable)
        try expect(Self.untouched, term: nil)
    }

    @Test func aNewKeyIsSealedTo() async throws {
        try await serving { kiosk in
            let later = try platform.signer.sign(SealingPrivateKey().publicKey, generation: 2)
            platform.set { $0.info?.sealingKeys.append(later) }
            #expect(kiosk.keys.current != later.key)
            await kiosk.watch.look()
            #expect(kiosk.keys.current == later.key)
        }
    }

    @Test func itAsksAgainAndAgainUntilItIsCancelled() async throws {
        try await serving(interval: .milliseconds(1)) { kiosk in
            let running = Task { try await kiosk.watch.run() }
            defer { running.cancel() }
            try await Poll.until("questions") { platform.now.infos >= 3 ? .there(()) : .notYet("\(platform.now.infos)") }
            running.cancel()
            try await running.value
            #expect(platform.now.questions == [[first]])
        }
    }
}

/// The store, and how often the delivery was told that nothing will become due.
private final class IdleStore: PacketStore {
    private let store: OutboxStore
    private let idle = Mutex(0)

    init(_ store: OutboxStore) {
        self.store = store
    }

    var count: Int { idle.withLock { $0 } }

    func nextDueDate(among lane: DeliveryLane) async throws -> Date? {
        let date = try await store.nextDueDate(among: lane)
        if date == nil { idle.withLock { $0 += 1 } }
        return date
    }

    func due(at date: Date, limit: Int, among lane: DeliveryLane) async throws -> [QueuedPacket] {
        try await store.due(at: date, limit: limit, among: lane)
    }

    func clearDelays() async throws { try await store.clearDelays() }
    func quarantine(id: UUID, error: String) async throws { try await store.quarantine(id: id, error: error) }

    func recordFailure(id: UUID, at date: Date, retryAt: Date, error: String) async throws {
        try await store.recordFailure(id: id, at: date, retryAt: retryAt, error: error)
    }

    func markDelivered(id: UUID, receipt: AcknowledgementReceipt, at date: Date) async throws {
        try await store.markDelivered(id: id, receipt: receipt, at: date)
    }

    func markRejected(id: UUID, error: String, at date: Date) async throws {
        try await store.markRejected(id: id, error: error, at: date)
    }
}

/// Takes every packet, in the term that the platform is in.
private final class TakingUplink: Uplink {
    private let platform: ScriptedPlatform
    private let ids = Mutex<[UUID]>([])

    init(_ platform: ScriptedPlatform) {
        self.platform = platform
    }

    var taken: [UUID] { ids.withLock { $0 } }

    func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt {
        let count = ids.withLock { ids in
            ids.append(packet.id)
            return ids.count
        }
        return AcknowledgementReceipt(bytes: Data("signed again".utf8), term: platform.now.term, number: 10 + UInt64(count))
    }
}
