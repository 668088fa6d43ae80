import Foundation
import KioskModel
import LocalAPI
import Testing

@testable import Bench

/// The mains fail under a kiosk of real processes, its power supply being Network UPS Tools' own.
@Suite(.serialized)
struct PowerTests {
    @Test func `on battery the kiosk finishes, stops in order, and comes back with the mains`() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let log = ProcessLog()
        let kiosk = try VirtualKiosk(root: root, log: log, traced: false)
        do {
            try await kiosk.start()
            try #require(kiosk.hardware.missing.isEmpty)
            let screen = try await Touchscreen.open(try await kiosk.startAddress())
            try await story(kiosk, screen, kiosk.hardware.powerSupply, log)
            await screen.close()
        } catch {
            await kiosk.stop()
            throw error
        }
        await kiosk.stop()
    }

    private func story(_ kiosk: VirtualKiosk, _ screen: Touchscreen, _ ups: NetworkUPSServer, _ log: ProcessLog) async throws {
        // Enough for one more citizen; then not enough, but the mains come back.
        try await screen.waitFor("attract")
        try await ups.set(["ups.status": "OB DISCHRG", "battery.charge": "20", "battery.runtime": "200"])
        try await screen.waitFor("closed")
        try await ups.set(["ups.status": "OL CHRG"])
        try await screen.waitFor("attract")

        // Who is here stays, though the battery is about to end.
        try await screen.touch(.start)
        try await screen.waitFor("menu")
        let process = try await kiosk.kioskd.pid
        try await ups.set(["ups.status": "OB DISCHRG LB"])
        let local = kiosk.local
        try await Poll.until("kioskd to know of the battery") {
            let conditions = try await local.devices().flatMap(\.conditions).map(\.kind)
            return conditions.contains(.batteryLow) ? .there(()) : .notYet("\(conditions)")
        }
        #expect(await screen.current?.name == "menu")
        #expect(try await kiosk.kioskd.pid == process)

        // Nobody is here any more: it ends, as the unit expects it to, and comes back closed or open as the mains are.
        try await screen.touch(.exit)
        try await Poll.until("kioskd to end in order") {
            log.recent.contains { $0.contains("kioskd ended (exit 75)") } ? .there(()) : .notYet("it runs")
        }
        // Started again on a battery that is still about to end, it stays closed and doesn't end again.
        let second: Int32 = try await Poll.until("the next kioskd to know of the battery") {
            guard let pid = try? await kiosk.kioskd.pid, pid != process, let devices = try? await local.devices() else { return .notYet("no kioskd") }
            let conditions = devices.flatMap(\.conditions).map(\.kind)
            return conditions.contains(.batteryLow) ? .there(pid) : .notYet("\(conditions)")
        }
        let closed = try await Touchscreen.open(try await kiosk.startAddress())
        try await closed.waitFor("closed")
        await closed.close()
        try await ups.set(["ups.status": "OL CHRG"])
        try await Poll.until("the kiosk with its mains") {
            let ups = try await local.devices().first { $0.deviceClass == .powerSupply }
            return ups?.state == .ready && ups?.conditions.isEmpty == true ? .there(()) : .notYet("\(String(describing: ups))")
        }
        // A new kioskd, a new page.
        let fresh = try await Touchscreen.open(try await kiosk.startAddress())
        try await fresh.waitFor("attract")
        #expect(try await kiosk.kioskd.pid == second)
        await fresh.close()
    }
}
