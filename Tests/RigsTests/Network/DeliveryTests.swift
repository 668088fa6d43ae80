import BadNetwork
import Bench
import Foundation
import KioskRuntime
import Outbox
import Testing

/// The kiosk's real delivery over each bad network: exactly once, whole, and without hammering.
@Suite(.cityPlatform) struct DeliveryTests {
    @Test(arguments: NetworkTrouble.all)
    func whatWasCommittedArrivesOnce(_ trouble: NetworkTrouble) async throws {
        do {
            try await KioskOnBadNetwork.with(rules: [trouble.rule] + (trouble.occasion.map { [$0] } ?? [])) { kiosk, rules in
                let began = ContinuousClock.now
                switch trouble.kind {
                case .blocks(let times):
                    try await kiosk.waitFor(rules[0], fired: times)
                    if trouble.rule.target.path == nil && trouble.rule.target.method == nil { try await kiosk.expectNothingDelivered() }
                    #expect(try kiosk.outbox.counts()[.delivered].entries == 0)
                    // An attempt costs a request or two of the same kind; between two attempts lies the shortest pause at least.
                    let attempts = (ContinuousClock.now - began) / KioskOnBadNetwork.backoff.shortest + 1
                    #expect(Double(kiosk.proxy.fired(rules[0])) <= 2 * attempts + 1)
                    kiosk.proxy.remove(rules[0])
                    try await kiosk.expectDeliveredOnce()
                case .hurts(let times):
                    try await kiosk.expectDeliveredOnce()
                    #expect(kiosk.proxy.fired(rules[0]) >= times)
                }
            }
        } catch let missed as Poll.Missed {
            Issue.record("\(trouble.name): \(missed)")
        }
    }

    /// Far longer than any pause of the loop's own, so that the time which the test takes says nothing.
    @Test(arguments: [503, 429]) func retryAfterIsHonoured(_ status: Int) async throws {
        let pause = Duration.seconds(600)
        try await KioskOnBadNetwork.with(rules: [NetworkRule(.status(status, retryAfter: pause), on: .requests())]) { kiosk, rules in
            let next: Date = try await Poll.until("the packet to be put off", deadline: .seconds(60)) {
                guard let next = try kiosk.outbox.nextDueDate(), try kiosk.outbox.entries()[0].attempts > 0 else { return .notYet("no attempt") }
                return .there(next)
            }
            #expect(next.timeIntervalSince(kiosk.began) >= 600)
            #expect(kiosk.proxy.fired(rules[0]) == 1)
            // A way that came back makes it no earlier, though the packet is due for all that the store knows.
            await kiosk.delivery.notifyNetworkUp()
            let _: Bool = try await Poll.until("the loop to hear of it", deadline: .seconds(60)) {
                try kiosk.outbox.nextDueDate().map { $0 < next } == true ? .there(true) : .notYet("it sleeps")
            }
            await kiosk.delivery.notifyCommitted()
            #expect(kiosk.proxy.fired(rules[0]) == 1)
            try await kiosk.expectNothingDelivered()
        }
    }

    /// The answers to three pieces are cut short, and most of another is lost. Pieces become smaller by that, though none becomes as small as what gets through.
    @Test func aBrokenUploadGoesOnWhereItWas() async throws {
        let rules = [
            NetworkRule(.truncate(after: 40), on: .requests(method: "PATCH"), times: 3),
            NetworkRule(.reset(.upstream, after: 6000), on: .requests(method: "PATCH", nth: 6), times: 1),
        ]
        try await KioskOnBadNetwork.with(materialSize: 900_000, rules: rules) { kiosk, ids in
            try await kiosk.expectDeliveredOnce()
            #expect(kiosk.proxy.fired(ids[0]) == 3)
            #expect(kiosk.proxy.fired(ids[1]) == 1)
            // What the reset ended is sent again, and heads come on top: far less than a second upload.
            #expect(kiosk.proxy.bytesForwarded < kiosk.sealedBytes + 6000 + 40_000)
        }
    }

    /// Each request is a way to and fro on a slow line: what stands at 0 for certain isn't asked where it stands.
    @Test func aPacketTakesNoMoreRequestsThanItMust() async throws {
        let rules = ["HEAD", "POST", "PATCH", "GET"].map { method in
            NetworkRule(.delay(.upstream, by: .milliseconds(1)), on: .requests(method: method))
        }
        try await KioskOnBadNetwork.with(rules: rules) { kiosk, ids in
            try await kiosk.expectDeliveredOnce()
            // An application of one piece, and a material of two.
            #expect(ids.map { kiosk.proxy.fired($0) } == [0, 2, 3, 2])
        }
    }

    /// Half of a request's deadline carries 24,000 bytes; the kiosk's first piece would be all of the material.
    @Test func aPacketComesThroughALineThatIsSlow() async throws {
        let slow = NetworkRule(.throttle(.upstream, bytesPerSecond: 8000), on: .connections())
        try await KioskOnBadNetwork.with(materialSize: 60_000, rules: [slow]) { kiosk, _ in try await kiosk.expectDeliveredOnce() }
    }

    /// A dead line, neither broken nor moving: the kiosk gives a request up by itself.
    @Test func aDeadLineIsGivenUp() async throws {
        try await KioskOnBadNetwork.with(before: { $0.stall(afterUpstream: 150_000) }) { kiosk, _ in
            let _: Bool = try await Poll.until("an attempt to fail on the dead line", deadline: .seconds(60)) {
                let material = try kiosk.outbox.entries().last
                return material?.attempts ?? 0 > 0 ? .there(true) : .notYet("\(kiosk.proxy.bytesForwarded) bytes")
            }
            #expect(kiosk.proxy.bytesForwarded <= 150_000)
            kiosk.proxy.lift()
            try await kiosk.expectDeliveredOnce()
        }
    }
}
