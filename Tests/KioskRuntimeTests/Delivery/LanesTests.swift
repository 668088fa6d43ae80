import Foundation
import KioskRuntime
import Logging
import Testing

/// Several packets under way at once.
@Suite struct LanesTests {
    private let bed = DeliveryServiceTests(lanes: 3)

    /// The platform has answered once, so that the way is known to be there.
    private func running(_ body: () async throws -> Void) async throws {
        await bed.service.probed(answered: true)
        try await bed.running(body)
    }

    @Test func aLargePacketKeepsNoSmallOneWaiting() async throws {
        let large = (0..<5).map { _ in bed.store.add(kind: "material", isLarge: true) }
        for id in large { bed.uplink.script(id, .hang) }
        try await running {
            // Two places are all that large ones get.
            try await bed.until("two large ones are under way") { bed.uplink.asked.count == 2 }
            let small = bed.store.add()
            await bed.service.notifyCommitted()
            try await bed.until("the small one is delivered beside them") { bed.delivered(small) }
            #expect(bed.uplink.asked.count == 3)
            let other = bed.store.add()
            await bed.service.notifyCommitted()
            try await bed.until("and the next") { bed.delivered(other) }
            #expect(bed.uplink.asked == Array(large.prefix(2)) + [small, other])
        }
    }

    @Test func noPacketIsUnderWayTwice() async throws {
        let ids = (0..<50).map { _ in bed.store.add() }
        try await running {
            try await bed.until("all are delivered") { bed.store.items.allSatisfy { $0.state == "delivered" } }
        }
        #expect(bed.uplink.asked.count == 50 && Set(bed.uplink.asked) == Set(ids))
    }

    @Test func untilThePlatformHasAnsweredOneGoesAhead() async throws {
        let first = bed.store.add()
        bed.uplink.script(first, .hang)
        bed.store.add()
        try await bed.running {
            try await bed.until("the first is under way") { bed.uplink.asked == [first] }
            await bed.service.notifyCommitted()
            for _ in 0..<100 { await Task.yield() }
            #expect(bed.uplink.asked == [first])
        }
    }

    /// Three connections that broke off together are one failure of the way: the pause isn't that of three.
    @Test func aWayThatBreaksUnderSeveralIsOneFailure() async throws {
        for _ in 0..<6 { bed.store.add() }
        bed.uplink.answerAll(.fail(DeliveryServiceTests.unreachable))
        try await running {
            try await bed.until("a pause") { bed.clock.nextWake == .seconds(2) }
            #expect(bed.uplink.asked.count <= 3)
            let before = bed.uplink.asked.count
            bed.clock.advance(by: .seconds(2))
            try await bed.until("one alone tries again") { bed.uplink.asked.count == before + 1 && bed.clock.nextWake == .seconds(4) }
        }
    }

    @Test func aRetryAfterOutlivesTheSuccessOfAnother() async throws {
        let away = bed.store.add()
        bed.uplink.script(away, .fail(DeliveryError(.retryable, code: "http.503", message: "maintenance", retryAfter: .seconds(900))))
        let others = (0..<4).map { _ in bed.store.add() }
        try await running {
            try await bed.until("a pause of its length") { bed.clock.nextWake == .seconds(900) }
            let asked = bed.uplink.asked.count
            #expect(asked <= 3)
            bed.clock.advance(by: .seconds(899))
            for _ in 0..<100 { await Task.yield() }
            #expect(bed.uplink.asked.count == asked)
            bed.clock.advance(by: .seconds(1))
            try await bed.until("all are delivered") { others.allSatisfy(bed.delivered) && bed.delivered(away) }
        }
    }

    @Test func aBrokenStoreEndsTheLoopWithEverythingUnderWay() async throws {
        let hanging = bed.store.add()
        bed.uplink.script(hanging, .hang)
        await bed.service.probed(answered: true)
        let service = bed.service
        let task = Task { try await service.run() }
        try await bed.until("one is under way") { bed.uplink.asked == [hanging] }
        bed.store.add()
        bed.store.breakDown()
        await service.notifyCommitted()
        await #expect(throws: MemoryStore.Broken.self) { try await task.value }
    }
}
