import Bench
import Foundation
import KioskModel
import LocalAPI
import Testing

/// What a technician does to a device, over the control socket of a real kioskd.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct DeviceControlTests {
    @Test func aReaderIsResetAndATicketRememberedOverARestart() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(echo: false), traced: false)
        do {
            try await kiosk.start()
            let host = try await kiosk.local.device("reader").pid
            _ = try await kiosk.local.resetDevice("reader")
            try await kiosk.waitForKiosk()
            #expect(try await kiosk.local.device("reader").pid == host, "a reset needs no new host")

            // No line under it that could be recorded.
            await #expect(throws: LocalClientError.self) { _ = try await kiosk.local.beginRecording("scanner") }
            await #expect(throws: LocalClientError.self) { _ = try await kiosk.local.resetDevice("nobody") }
            #expect(try await kiosk.local.deviceLog("printer").isEmpty)

            // Without paper nothing is tried, and the ticket outlives kioskd.
            try await kiosk.setPaper(false)
            let ticket = try await ticket(of: "printer", in: kiosk) { $0 != nil }
            #expect(ticket?.tried == [] && ticket?.fault.action == .refill)
            let kioskd = try await kiosk.kioskd
            let before = await kioskd.pid
            await kioskd.killAndWait()
            let _: Bool = try await Poll.until("kioskd to be started anew", deadline: .seconds(60)) {
                guard let pid = await kioskd.pid, pid != before else { return .notYet("not running") }
                _ = try await kiosk.local.status()
                return .there(true)
            }
            #expect(try await self.ticket(of: "printer", in: kiosk) { $0 != nil }?.id == ticket?.id)
            try await kiosk.setPaper(true)
            #expect(try await self.ticket(of: "printer", in: kiosk) { $0 == nil } == nil)
        } catch {
            await kiosk.stop()
            throw error
        }
        await kiosk.stop()
    }

    private func ticket(of name: String, in kiosk: VirtualKiosk, where fits: @escaping @Sendable (DeviceTicket?) -> Bool) async throws
        -> DeviceTicket?
    {
        let local = kiosk.local
        return try await Poll.until("the ticket of the \(name)", deadline: .seconds(90)) { () -> Poll.Outcome<DeviceTicket?> in
            let ticket = try await local.device(name).ticket
            return fits(ticket) ? .there(ticket) : .notYet("\(ticket == nil ? "none" : "one")")
        }
    }
}
