import Foundation
import KioskModel
import LocalAPI
import Testing

@testable import Bench

/// A kiosk of real processes on a disk that is needed for other things.
@Suite(.serialized)
struct RoomTests {
    @Test func `without room no upload is begun, and citizen and technician are told`() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        // 16 TiB: more than this machine has.
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(), traced: false, reserve: 16 << 20)
        do {
            try await kiosk.start()
            let screen = try await Touchscreen.open(try await kiosk.startAddress())
            try await screen.waitFor("attract")
            try await screen.touch(.start)
            try await screen.waitFor("menu") { menu in
                menu.body.contains { component in
                    guard case .choice(let rows) = component else { return false }
                    return rows.map(\.unavailable) == [.key("menu.upload.full")]
                }
            }
            let limits = try #require(try await kiosk.local.status().queue.limits)
            #expect(!limits.hasRoom && limits.room == 0 && limits.reserve == 16 << 40 && limits.quota == nil && limits.frozen == [])
            #expect(limits.needed > 50 << 20 && (limits.free ?? 0) > 0)
            #expect(try await kiosk.local.queueStatistics().limits?.hasRoom == false)
            await screen.close()
        } catch {
            await kiosk.stop()
            throw error
        }
        await kiosk.stop()
    }
}
