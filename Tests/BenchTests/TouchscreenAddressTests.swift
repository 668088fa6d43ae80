import Synchronization
import Testing

@testable import Bench

/// Each start address opens once, so the bench page must not be given two in turn.
@Suite struct TouchscreenAddressTests {
    /// A kioskd that hands out numbered addresses.
    private final class Kiosk: Sendable {
        let process = Mutex<Int32?>(1)
        let given = Mutex(0)
        let answers = Mutex(true)

        func address() -> TouchscreenAddress {
            TouchscreenAddress(ofProcess: { self.process.withLock { $0 } }, asking: { await self.ask() })
        }

        private func ask() async -> String? {
            await Task.yield()
            guard answers.withLock({ $0 }) else { return nil }
            return given.withLock { count in
                count += 1
                return "address \(count)"
            }
        }
    }

    @Test func whoAsksAtTheSameTimeGetsTheSame() async {
        let kiosk = Kiosk()
        let address = kiosk.address()
        let found = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<32 { group.addTask { await address.current() } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(found == ["address 1"])
        #expect(await address.current() == "address 1")
    }

    @Test func aPageLoadedAnewAndANewKioskdGetAnother() async {
        let kiosk = Kiosk()
        let address = kiosk.address()
        #expect(await address.current() == "address 1")
        await address.renew()
        #expect(await address.current() == "address 2")
        kiosk.process.withLock { $0 = 2 }
        #expect(await address.current() == "address 3")
        #expect(await address.current() == "address 3")
    }

    @Test func aKioskdThatGaveNoneIsAskedAgain() async {
        let kiosk = Kiosk()
        kiosk.answers.withLock { $0 = false }
        let address = kiosk.address()
        #expect(await address.current() == nil)
        kiosk.answers.withLock { $0 = true }
        #expect(await address.current() == "address 1")
    }
}
