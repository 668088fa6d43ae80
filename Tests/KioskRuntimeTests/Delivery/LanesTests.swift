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
        let gate = Gate()
        bed.uplink.script(first, .later(gate, .acknowledge))
        for _ in 0..<5 { bed.store.add() }
        try await bed.running {
            try await bed.until("the first is under way") { bed.uplink.asked == [first] }
            await bed.service.notifyCommitted()
            for _ in 0..<100 { await Task.yield() }
            gate.open()
            try await bed.until("all are delivered") { bed.store.items.allSatisfy { $0.state == "delivered" } }
        }
        #expect(bed.uplink.crowds.prefix(2) == [1, 1], "the second was begun when the first had been answered")
    }

    /// A large one finds out late whether the way is there.
    @Test func aSmallPacketGoesBesideALargeOneOnAWayThatIsNotKnown() async throws {
        let large = (0..<2).map { _ in bed.store.add(kind: "material", isLarge: true) }
        for id in large { bed.uplink.script(id, .hang) }
        try await bed.running {
            try await bed.until("the large one is under way") { bed.uplink.asked == [large[0]] }
            let small = bed.store.add()
            await bed.service.notifyCommitted()
            try await bed.until("the small one is delivered") { bed.delivered(small) }
            #expect(bed.uplink.asked.prefix(2) == [large[0], small])
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

    /// A line on which one packet gets through and three don't answers questions all the time.
    @Test func aQuestionThatWasAnsweredDoesNotMakeABrokenWayWide() async throws {
        let ids = (0..<6).map { _ in bed.store.add() }
        let gate = Gate()
        for id in ids { bed.uplink.script(id, .fail(DeliveryServiceTests.unreachable), .later(gate, .fail(DeliveryServiceTests.unreachable))) }
        try await running {
            try await bed.until("a pause") { bed.clock.nextWake == .seconds(2) }
            let before = bed.uplink.asked.count
            await bed.service.probed(answered: true)
            try await bed.until("one tries again") { bed.uplink.asked.count == before + 1 }
            await bed.service.notifyCommitted()
            for _ in 0..<100 { await Task.yield() }
            #expect(bed.uplink.asked.count == before + 1)
            gate.open()
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

    /// One that fails again and again needs ever more patience; the others wait for what was asked, and no longer.
    @Test func theOthersWaitForWhatWasAskedAlone() async throws {
        let poison = bed.store.add()
        let away = ScriptedUplink.Answer.fail(DeliveryError(.retryable, code: "http.500", message: "internal", retryAfter: .seconds(5)))
        bed.uplink.script(poison, away, away, away, away)
        try await running {
            for pause in [5, 5, 8] {
                try await bed.until("a pause") { bed.clock.nextWake == .seconds(pause) }
                bed.clock.advance(by: .seconds(pause))
            }
            try await bed.until("the fourth failure") { bed.clock.nextWake == .seconds(16) }
            let other = bed.store.add()
            await bed.service.notifyCommitted()
            try await bed.until("a pause as long as was asked") { bed.clock.nextWake == .seconds(5) }
            bed.clock.advance(by: .seconds(5))
            try await bed.until("the other gets through") { bed.delivered(other) }
            #expect(!bed.delivered(poison))
        }
    }

    /// Told to different times, all stay away until the last of them.
    @Test func ofSeveralRetryAftersTheLongestCounts() async throws {
        let (away, briefly) = (bed.store.add(), bed.store.add())
        let gate = Gate()
        bed.uplink.script(away, .fail(DeliveryError(.retryable, code: "http.503", message: "maintenance", retryAfter: .seconds(900))))
        bed.uplink.script(briefly, .later(gate, .fail(DeliveryError(.retryable, code: "http.429", message: "busy", retryAfter: .seconds(60)))))
        try await running {
            try await bed.until("one was told to stay away") { bed.clock.nextWake == .seconds(900) }
            let sleeps = bed.clock.sleeps
            gate.open()
            try await bed.until("the other, too") { bed.store.item(briefly)?.packet.attempts == 1 && bed.clock.sleeps > sleeps }
            #expect(bed.clock.nextWake == .seconds(900))
        }
    }

    @Test func whoIsToldToStayAwayWhileTheStoreLooksBeginsNothing() async throws {
        let first = bed.store.add()
        bed.store.add()
        let gate = Gate()
        bed.uplink.script(
            first, .later(gate, .fail(DeliveryError(.retryable, code: "http.503", message: "maintenance", retryAfter: .seconds(900)))))
        let store = bed.store
        store.whileLooking { look in
            guard look == 2 else { return }
            gate.open()
            while store.item(first)?.packet.attempts == 0 { await Task.yield() }
        }
        try await running {
            try await bed.until("a pause of its length") { bed.clock.nextWake == .seconds(900) }
            #expect(bed.uplink.asked == [first])
        }
    }

    /// A packet that was begun behind many failures, and breaks off when others have got through meanwhile, is a first failure.
    @Test func oneThatBeganInBadTimesDoesNotBringThemBack() async throws {
        let unlucky = bed.store.add(isLarge: true)
        let gate = Gate()
        let broken = ScriptedUplink.Answer.fail(DeliveryServiceTests.unreachable)
        bed.uplink.script(unlucky, broken, broken, broken, .later(gate, broken))
        try await bed.running {
            for pause in [2, 4, 8] {
                try await bed.until("a pause") { bed.clock.nextWake == .seconds(pause) }
                bed.clock.advance(by: .seconds(pause))
            }
            try await bed.until("the fourth attempt") { bed.uplink.asked.count == 4 }
            let other = bed.store.add()
            await bed.service.notifyCommitted()
            try await bed.until("another gets through") { bed.delivered(other) }
            bed.store.add()
            gate.open()
            try await bed.until("it breaks off") { bed.store.item(unlucky)?.packet.attempts == 4 && bed.clock.nextWake == .seconds(2) }
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
