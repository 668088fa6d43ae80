import Bench
import Foundation
import Testing

/// The story over real processes. The tests share devices and processors and would disturb each other's deadlines: one after the other.
@Suite(.serialized)
struct StoryTests {
    private func play(_ id: String, kill: Bool = false) async throws -> DemoResult {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(), traced: true)
        let citizen = try #require(SyntheticCitizen.named(id))
        do {
            return try await Demo(kiosk: kiosk, options: .init(citizen: citizen, kill: kill)).run()
        } catch {
            await kiosk.stop()
            throw error
        }
    }

    @Test(arguments: SyntheticCitizen.all.map(\.id))
    func everyCitizensDocumentReachesTheCity(citizen: String) async throws {
        let result = try await play(citizen)
        #expect(result.isGood(kills: nil), "\(result) \(result.misses) \(result.residue)")
    }

    @Test func killedOnTheWayItIsDeliveredOnce() async throws {
        let result = try await play("resident", kill: true)
        #expect(result.isGood(kills: 2), "\(result) \(result.misses) \(result.residue)")
    }

    @Test(arguments: ["reader", "scanner", "printer", "imaging"])
    func aKilledHostIsReplaced(device: String) async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let kiosk = try VirtualKiosk(root: root, log: ProcessLog(), traced: false)
        do {
            try await kiosk.start()
            let first = try #require(await kiosk.hostProcesses()[device])
            try await kiosk.act(BenchAction.Process(name: device, signal: .KILL))
            let second: Int32 = try await Poll.until("a new host") {
                guard let pid = await kiosk.hostProcesses()[device], pid != first else { return .notYet("none") }
                return .there(pid)
            }
            #expect(second != first)
            try await kiosk.waitForKiosk()
            await kiosk.stop()
            #expect(await kiosk.hostProcesses().isEmpty)
        } catch {
            await kiosk.stop()
            throw error
        }
    }
}
