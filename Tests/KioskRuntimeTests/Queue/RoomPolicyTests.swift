import KioskModel
import KioskRuntime
import Testing

struct RoomPolicyTests {
    @Test func `it closes below what one submission needs, and opens with a quarter more`() {
        var policy = RoomPolicy(needed: 1000)
        for (room, hasRoom) in [
            (1000, true), (999, false), (1000, false), (1249, false), (1250, true), (1001, true), (1000, true), (0, false), (.max, true),
        ] {
            policy.update(room: room)
            #expect(policy.hasRoom == hasRoom, "\(room)")
        }
    }

    @Test func `one that starts between the two is open`() {
        var policy = RoomPolicy(needed: 1000)
        policy.update(room: 1100)
        #expect(policy.hasRoom)
    }

    @Test func `the item with the most materials decides`() {
        func item(_ materials: Int) -> ServiceItem {
            var item = testItem
            item.materials = (0..<materials).map { MaterialRequirement(id: "m\($0)", name: item.name, maxPages: 1) }
            return item
        }
        #expect(RoomPolicy.largestSubmission(of: []) == 1 << 20)
        let five = RoomPolicy.largestSubmission(of: [item(1), item(5), item(2)])
        #expect(five > 5 * 50 << 20 && five < 252 << 20, "five documents of 50 MiB, and a little for the seals")
        #expect(RoomPolicy.largestSubmission(of: [item(1), item(2)]) < five)
    }
}
