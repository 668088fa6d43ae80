import Foundation
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import Synchronization
import Testing

/// What the next citizen is let in for, by the room there is and the time for which the platform was away.
@Suite(.timeLimit(.minutes(2))) struct QueueWatchTests {
    /// Clocks and a file system that a test has in its hand.
    private final class World: Sendable {
        private struct State {
            var boot = "first"
            var sinceBoot = 1000
            var wall = 1_800_000_000
            var free = 1_000_000
        }

        private let state = Mutex(State())

        var moment: OfflineTime.Moment { state.withLock { .init(boot: $0.boot, sinceBoot: $0.sinceBoot, wall: $0.wall) } }
        var free: Int { state.withLock { $0.free } }

        func pass(_ seconds: Int) {
            state.withLock {
                $0.sinceBoot += seconds
                $0.wall += seconds
            }
        }

        func putClock(by seconds: Int) { state.withLock { $0.wall += seconds } }
        func setFree(_ bytes: Int) { state.withLock { $0.free = bytes } }

        /// The machine is off for so long, then on for 30 seconds.
        func restart(after seconds: Int) {
            state.withLock {
                $0.boot += "+"
                $0.sinceBoot = 30
                $0.wall += seconds + 30
            }
        }
    }

    private struct Nowhere: Uplink {
        func deliver(_ packet: QueuedPacket) async throws -> AcknowledgementReceipt {
            throw DeliveryError(.unreachable, code: "platform.unreachable", message: "there is none")
        }
    }

    private static let hour = 3600
    private static let year = 365 * 86_400

    private let world = World()
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("watch-\(UUID().uuidString)")
    private let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// A kioskd's part of it, from its start.
    private struct Life {
        let store: OutboxStore
        let delivery: DeliveryService
        let watch: QueueWatch
    }

    /// The life before must be gone.
    private func begin(
        limits: OutboxLimits = OutboxLimits(reserve: 1000), needed: Int = 40, freezeAfter: Int? = 72 * hour, interval: Duration = .seconds(3600)
    ) throws -> Life {
        let outbox = try Outbox(directory: directory, limits: limits, freeBytes: { [world] in world.free }, logger: quiet)
        let store = OutboxStore(outbox)
        let delivery = DeliveryService(store: store, uplink: Nowhere(), logger: quiet)
        let watch = QueueWatch(
            store: store, delivery: delivery, directory: directory, needed: needed, freezeAfter: freezeAfter, interval: interval,
            moment: { [world] in world.moment }, logger: quiet)
        return Life(store: store, delivery: delivery, watch: watch)
    }

    private func tidyUp() { try? FileManager.default.removeItem(at: directory) }

    @Test func nobodyIsLetInWithoutRoomAndTheMenuDoesNotFlicker() async throws {
        defer { tidyUp() }
        let life = try begin()
        for (free, hasRoom) in [(1040, true), (1039, false), (1045, false), (1049, false), (1050, true), (1041, true), (1039, false), (10, false)] {
            world.setFree(free)
            let condition = await life.watch.look()
            #expect(condition.hasRoom == hasRoom, "\(free)")
            #expect(condition.room?.free == free)
        }
    }

    @Test func whatWasCommittedIsSeenAtTheNextLook() async throws {
        defer { tidyUp() }
        let life = try begin(limits: OutboxLimits(quota: 80))
        #expect(await life.watch.look().hasRoom)
        let draft = PacketDraft(id: UUID(), kind: .application, reference: "TEST-0001", dependsOn: nil)
        try await life.store.commit([draft], at: Date(), closing: { _ in Data() }) { _, _, sink in try sink(Data(count: 41)) }
        let condition = await life.watch.look()
        #expect(!condition.hasRoom && condition.room?.used == 41 && condition.room?.left == 39)
        // Who is at it all the same is told so, and the store is as it was.
        let late = PacketDraft(id: UUID(), kind: .application, reference: "TEST-0002", dependsOn: nil)
        let error = await #expect(throws: OutboxError.self) {
            try await life.store.commit([late], at: Date(), closing: { _ in Data() }) { _, _, sink in try sink(Data(count: 40)) }
        }
        #expect(error?.code == .full)
        #expect(try await life.store.perform { try $0.entries().map(\.id) } == [draft.id])
    }

    @Test func theTimeWithoutThePlatformGoesOnOverRestarts() async throws {
        defer { tidyUp() }
        do {
            let life = try begin()
            await life.delivery.probed(answered: true)
            #expect(await life.watch.look().offline == 0)
            world.pass(60)
            await life.delivery.probed(answered: false)
            // From the last look at which it answered.
            #expect(await life.watch.look().offline == 60)
            world.pass(24 * Self.hour)
            let condition = await life.watch.look()
            #expect(condition.offline == 24 * Self.hour + 60 && !condition.isFrozen)
            // Killed, and down, for an hour.
            world.pass(Self.hour)
        }
        do {
            let life = try begin()
            #expect(await life.watch.look().offline == 25 * Self.hour + 60)
            // The machine is switched off for two days.
            world.restart(after: 47 * Self.hour)
        }
        do {
            let life = try begin()
            let condition = await life.watch.look()
            #expect(condition.offline == 72 * Self.hour + 90 && condition.isFrozen)
            await life.delivery.probed(answered: true)
            #expect(await life.watch.look() == QueueWatch.Condition(room: condition.room, hasRoom: true, offline: 0, isFrozen: false))
            world.pass(10)
        }
        let life = try begin()
        #expect(await life.watch.look().offline == 10)
    }

    @Test func aClockThatIsPutFreezesAndUnfreezesNothing() async throws {
        defer { tidyUp() }
        for years in [2, -2] {
            do {
                let life = try begin()
                await life.delivery.probed(answered: true)
                _ = await life.watch.look()
                await life.delivery.probed(answered: false)
                world.pass(71 * Self.hour)
                world.putClock(by: years * Self.year)
                #expect(await !life.watch.look().isFrozen)
            }
            do {
                let life = try begin()
                #expect(await !life.watch.look().isFrozen)
                world.putClock(by: -years * Self.year)
                world.restart(after: 0)
            }
            do {
                let life = try begin()
                #expect(await !life.watch.look().isFrozen)
                world.pass(Self.hour)
                #expect(await life.watch.look().isFrozen)
                world.putClock(by: years * Self.year)
                #expect(await life.watch.look().isFrozen)
            }
            do {
                let life = try begin()
                #expect(await life.watch.look().isFrozen)
                world.putClock(by: -years * Self.year)
            }
        }
    }

    @Test func withoutAWordOfItNothingIsEverFrozen() async throws {
        defer { tidyUp() }
        let life = try begin(freezeAfter: nil)
        world.pass(20 * Self.year)
        let condition = await life.watch.look()
        #expect(condition.offline == 20 * Self.year && !condition.isFrozen)
    }

    @Test func aNoteThatNobodyCanReadBeginsAnew() async throws {
        defer { tidyUp() }
        do {
            let life = try begin()
            world.pass(Self.hour)
            #expect(await life.watch.look().offline == Self.hour)
        }
        try Data("{".utf8).write(to: directory.appendingPathComponent("offline.json"))
        do {
            let life = try begin()
            #expect(await life.watch.look().offline == 0)
            world.pass(Self.hour)
        }
        let life = try begin()
        #expect(await life.watch.look().offline == Self.hour)
    }

    /// The next look of itself is an hour away.
    @Test func aPlatformThatComesBackThawsAtOnce() async throws {
        defer { tidyUp() }
        let life = try begin()
        world.pass(100 * Self.hour)
        let task = Task { try await life.watch.run() }
        var conditions = life.watch.conditions.makeAsyncIterator()
        #expect(await conditions.next()?.isFrozen == true)
        await life.delivery.probed(answered: true)
        while let condition = await conditions.next(), condition.isFrozen {}
        #expect(await life.watch.look().offline == 0)
        task.cancel()
        try await task.value
    }

    @Test func itLooksAgainAndAgain() async throws {
        defer { tidyUp() }
        let life = try begin(interval: .milliseconds(5))
        let task = Task { try await life.watch.run() }
        var conditions = life.watch.conditions.makeAsyncIterator()
        #expect(await conditions.next()?.hasRoom == true)
        world.setFree(0)
        while let condition = await conditions.next(), condition.hasRoom {}
        world.setFree(1_000_000)
        while let condition = await conditions.next(), !condition.hasRoom {}
        task.cancel()
        try await task.value
    }
}
