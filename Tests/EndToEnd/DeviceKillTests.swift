import Bench
import Foundation
import Testing

/// The short form of `make device-kills`: the same rig with a few blows.
@Suite(.serialized, .timeLimit(.minutes(6)))
struct DeviceKillTests {
    @Test func noSessionIsLostToADyingHost() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: false), traced: false)
        do {
            try await kiosk.start()
            let result = try await DeviceKills(kiosk: kiosk, kills: 5, seed: 11) { _ in }.run()
            #expect(result.isGood(kills: 5), "\(result)")
            #expect(result.sessionsLost == 0 && result.copiesWrong == 0 && result.pagesHeld >= result.journeys, "\(result)")
        } catch {
            await kiosk.stop()
            throw error
        }
        await kiosk.stop()
    }
}
