import Foundation
import KioskRuntime
import Logging
import Testing

/// The loop against a scripted uplink and a clock that stands still until told otherwise.
@Suite struct DeliveryServiceTests {
    let store = MemoryStore()
    let uplink = ScriptedUplink()
    let clock = ManualClock()
    let service: DeliveryService

    init() { self.init(lanes: 1) }

    init(lanes: Int) {
        let clock = clock
        service = DeliveryService(
            store: store, uplink: uplink, lanes: lanes, backoff: Backoff(pick: { $0.upperBound }), clock: clock, now: { clock.date },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    static let unreachable = DeliveryError(.unreachable, code: "tcp.refused", message: "connection refused")

    /// Runs the loop for the length of `body`, then checks that it ends when cancelled.
    func running(_ body: () async throws -> Void) async throws {
        let service = service
        let task = Task { try await service.run() }
        do {
            try await body()
        } catch {
            task.cancel()
            throw error
        }
        task.cancel()
        try await task.value
    }

    /// Waits for a condition that other tasks bring about; fails after 10 s of real time.
    func until(_ what: Comment, _ condition: () async -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while await !condition() {
            try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func delivered(_ id: UUID) -> Bool { store.item(id)?.state == "delivered" }

    @Test func anApplicationGoesBeforeItsMaterials() async throws {
        let first = store.add()
        let materials = [store.add(kind: "material", dependsOn: first), store.add(kind: "material", dependsOn: first)]
        let second = store.add()
        try await running {
            try await until("all are delivered") { store.items.allSatisfy { $0.state == "delivered" } }
        }
        #expect(uplink.asked == [first] + materials + [second])
        #expect(store.item(first)?.acknowledgement == Data("signed \(first)".utf8))
    }

    @Test func anEmptyQueueSleepsWithoutATimerUntilACommit() async throws {
        try await running {
            try await until("the loop has looked") { store.reads == 1 }
            clock.advance(by: .seconds(100_000))
            #expect(clock.sleeps == 0)
            #expect(store.reads == 1)
            let id = store.add()
            await service.notifyCommitted()
            try await until("it is delivered") { delivered(id) }
            #expect(clock.sleeps == 0)
        }
    }

    @Test func anUnreachablePlatformIsTriedForEverWithGrowingPauses() async throws {
        let id = store.add()
        store.add()
        uplink.answerAll(.fail(Self.unreachable))
        try await running {
            for (tries, pause) in [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 128), (8, 256), (9, 300), (10, 300)] {
                try await until("attempt \(tries), then a sleep") { uplink.asked.count == tries && clock.nextWake == .seconds(pause) }
                clock.advance(by: .seconds(pause) - .milliseconds(1))
                #expect(uplink.asked.count == tries)
                if tries == 10 { uplink.answerAll(nil) }
                clock.advance(by: .milliseconds(1))
            }
            try await until("both are delivered") { store.items.allSatisfy { $0.state == "delivered" } }
        }
        #expect(delivered(id))
        let status = await service.status
        #expect(status == DeliveryStatus(platformReachable: true, lastContact: clock.date))
    }

    @Test func oneUnreachableAnswerHoldsAllButRotates() async throws {
        let (first, second) = (store.add(), store.add())
        uplink.answerAll(.fail(Self.unreachable))
        try await running {
            try await until("one attempt") { uplink.asked == [first] && clock.nextWake == .seconds(2) }
            clock.advance(by: .seconds(2))
            // Not the same again: a packet that breaks the connection can't hold up the others for ever.
            try await until("the other one") { uplink.asked == [first, second] && clock.nextWake != nil }
        }
    }

    @Test func theNetworkComingUpEndsEveryPause() async throws {
        let (first, second) = (store.add(), store.add())
        uplink.script(first, .fail(Self.unreachable), .acknowledge)
        try await running {
            try await until("a pause") { clock.nextWake != nil }
            await service.notifyNetworkUp()
            try await until("both are delivered") { delivered(first) && delivered(second) }
        }
        #expect(clock.now.offset == .zero)
        #expect(uplink.asked == [first, first, second])
    }

    @Test func aCommitIsTriedAtOnceEvenInAPause() async throws {
        let first = store.add()
        uplink.script(first, .fail(Self.unreachable))
        try await running {
            try await until("a pause") { clock.nextWake != nil }
            let second = store.add()
            await service.notifyCommitted()
            try await until("the new one is delivered") { delivered(second) }
            #expect(!delivered(first))
        }
    }

    @Test func retryAfterIsHonouredForEverything() async throws {
        let first = store.add()
        uplink.script(first, .fail(DeliveryError(.retryable, code: "http.503", message: "maintenance", retryAfter: .seconds(900))))
        let second = store.add()
        try await running {
            try await until("a pause of its length") { clock.nextWake == .seconds(900) }
            #expect(uplink.asked == [first])
            let status = await service.status
            #expect(status.platformReachable && status.lastContact == ManualClock.epoch)
            clock.advance(by: .seconds(900))
            try await until("both are delivered") { delivered(first) && delivered(second) }
        }
    }

    /// The platform said when: neither a commit nor a way that came back makes it earlier.
    @Test func nothingShortensARetryAfter() async throws {
        let first = store.add()
        uplink.script(first, .fail(DeliveryError(.retryable, code: "http.503", message: "maintenance", retryAfter: .seconds(900))))
        try await running {
            try await until("a pause of its length") { clock.nextWake == .seconds(900) && clock.sleeps == 1 }
            let second = store.add()
            await service.notifyCommitted()
            try await until("it pauses again") { clock.nextWake == .seconds(900) && clock.sleeps == 2 }
            await service.probed(answered: false)
            await service.probed(answered: true)
            try await until("and again") { clock.nextWake == .seconds(900) && clock.sleeps == 3 }
            #expect(uplink.asked == [first])
            clock.advance(by: .seconds(900))
            try await until("both are delivered") { delivered(first) && delivered(second) }
        }
    }

    /// A second that was asked for stays one, though the wall clock is put back by fifty minutes meanwhile.
    @Test func aClockPutBackDoesNotLengthenARetryAfter() async throws {
        let first = store.add()
        uplink.script(first, .fail(DeliveryError(.retryable, code: "http.429", message: "busy", retryAfter: .seconds(1))))
        try await running {
            try await until("a pause") { clock.nextWake == .seconds(2) }
            clock.putForward(by: .seconds(-3000))
            let second = store.add()
            await service.notifyCommitted()
            try await until("another goes at once") { delivered(second) }
        }
    }

    /// However small the moment in which it happens: while the store looks for what is due now, or for what will be at the end of a pause.
    @Test(arguments: [DeliveryError.Kind.retryable, .unreachable])
    func aClockPutBackByTwoYearsDoesNotLengthenAPause(kind: DeliveryError.Kind) async throws {
        let (id, clock) = (store.add(), clock)
        uplink.script(id, .fail(DeliveryError(kind, code: "test.code", message: "not now")))
        store.whileLooking { reads in
            if reads == 2 { clock.putForward(by: .seconds(-2 * 365 * 86_400)) }
        }
        try await running {
            try await until("a pause behind the second look") { store.reads >= 2 && clock.nextWake != nil }
            let pause = try #require(clock.nextWake)
            #expect(pause <= .seconds(2))
            clock.advance(by: pause)
            try await until("it is sent again") { delivered(id) }
        }
        #expect(uplink.asked == [id, id])
    }

    @Test func anAbsurdRetryAfterIsBounded() async throws {
        let id = store.add()
        uplink.script(id, .fail(DeliveryError(.retryable, code: "http.503", message: "maintenance", retryAfter: .seconds(1_000_000_000))))
        try await running {
            try await until("a pause of an hour") { clock.nextWake == DeliveryService.longestDelay }
        }
    }

    @Test func aRetryableFailureOfOneDoesNotHoldTheOthers() async throws {
        let (first, second) = (store.add(), store.add())
        uplink.script(first, .fail(DeliveryError(.retryable, code: "http.500", message: "internal")), .throwUnknown)
        try await running {
            try await until("the second goes through") { delivered(second) && clock.nextWake == .seconds(2) }
            clock.advance(by: .seconds(2))
            try await until("a second failure") { clock.nextWake == .seconds(4) }
            #expect(store.item(first)?.error == "retryable (uplink.internal): Unknown")
            clock.advance(by: .seconds(4))
            try await until("the first follows") { delivered(first) }
        }
        #expect(uplink.asked == [first, second, first, first])
    }

    /// Refused by the platform, or never to be sent to it because the file is damaged.
    @Test(arguments: [DeliveryError.Kind.rejected, .damaged])
    func oneThatCannotBeDeliveredIsSetAsideWithItsDependantsAlone(kind: DeliveryError.Kind) async throws {
        let lost = store.add()
        let material = store.add(kind: "material", dependsOn: lost)
        let other = store.add()
        uplink.script(lost, .fail(DeliveryError(kind, code: "test.code", message: "the seal doesn't open")))
        var updates = await service.updates().makeAsyncIterator()
        try await running {
            try await until("the other is delivered") { delivered(other) }
        }
        let error = "\(kind.rawValue) (test.code): the seal doesn't open"
        #expect(store.item(lost)?.state == (kind == .rejected ? "rejected" : "quarantined"))
        #expect(store.item(lost)?.error == error)
        #expect(store.item(material)?.state == "waiting")
        #expect(uplink.asked == [lost, other])
        var seen: [DeliveryUpdate] = []
        while let update = await updates.next() { seen.append(update) }
        // A refusal is an answer of the platform; a damaged file says nothing about it.
        let status = DeliveryUpdate.status(DeliveryStatus(platformReachable: true, lastContact: ManualClock.epoch))
        let aside: DeliveryUpdate =
            kind == .rejected
            ? .rejected(id: lost, reference: "TEST-0001", error: error) : .quarantined(id: lost, reference: "TEST-0001", error: error)
        #expect(seen == (kind == .rejected ? [status, aside] : [aside, status]) + [.delivered(id: other, reference: "TEST-0001")])
    }

    @Test(arguments: [DeliveryError.Kind.notThePlatform, .unauthorised])
    func whoeverIsNotThePlatformGetsNothingMore(kind: DeliveryError.Kind) async throws {
        let first = store.add()
        store.add()
        uplink.answerAll(.fail(DeliveryError(kind, code: "tls.certificate", message: "unknown issuer")))
        try await running {
            try await until("a pause") { clock.nextWake == .seconds(2) }
            #expect(uplink.asked == [first])
            let reachable = await service.status.platformReachable
            #expect(reachable == (kind == .unauthorised))
        }
    }

    @Test func cancellingADeliveryIsNoFailure() async throws {
        let id = store.add()
        uplink.script(id, .hang)
        try await running {
            try await until("the delivery is under way") { uplink.asked == [id] }
        }
        #expect(store.item(id)?.packet.attempts == 0)
        #expect(store.item(id)?.state == "waiting")
    }

    @Test func aFullStoreIsWaitedForAndWhatCouldNotBeNotedIsSentAgain() async throws {
        let id = store.add()
        store.setFull(true)
        try await running {
            try await until("it was sent and not noted") { uplink.asked == [id] && clock.nextWake != nil }
            clock.advance(by: try #require(clock.nextWake))
            try await until("it was sent again, later") { uplink.asked == [id, id] && clock.nextWake != nil }
            store.setFull(false)
            clock.advance(by: try #require(clock.nextWake))
            try await until("there is room again") { delivered(id) }
            #expect(uplink.asked == [id, id, id])
        }
    }

    @Test func aBrokenStoreEndsTheLoop() async throws {
        store.breakDown()
        await #expect(throws: MemoryStore.Broken.self) { try await service.run() }
    }
}
