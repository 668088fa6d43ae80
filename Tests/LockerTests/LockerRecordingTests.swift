import Bench
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import Locker

/// A recorded conversation is replayed byte for byte: what the driver says must not change unnoticed.
@Suite struct LockerRecordingTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")

    private func replay(_ name: String) throws -> ReplayLine.Script {
        ReplayLine.Script(try Recording(String(contentsOf: Self.folder.appending(path: "\(name).recording"), encoding: .utf8)))
    }

    private func driver(_ script: ReplayLine.Script) throws -> LockerDriver {
        let layout = try LockerLayout(options: ["port": "-", "polarity": "open-is-0"])
        return LockerDriver(layout: layout, timing: LockerBench.timing) { (kiosk_line(over: ReplayLine(script)), 0) }
    }

    private func open(_ driver: LockerDriver, _ door: Int) throws -> [Int] {
        try LockerBench.openDoors(driver.perform(.openDoor(door), files: [], context: LockerBench.context()))
    }

    @Test(arguments: ["plain", "echo"]) func anOpeningIsReplayed(name: String) throws {
        let script = try replay(name)
        let driver = try driver(script)
        #expect(driver.poll().identity["echo"] == (name == "echo" ? "yes" : "no"))
        #expect(try open(driver, 3) == [3])
        #expect(throws: CitizenRemedy.closeLockerDoor) { try open(driver, 4) }
        #expect(driver.poll().conditions == [DeviceCondition(.doorOpen, 3)])
        try script.finish()
    }

    @Test func aDriverThatOpensAnotherDoorFailsTheReplay() throws {
        let script = try replay("plain")
        let driver = try driver(script)
        #expect(driver.poll().state == .ready)
        #expect(throws: DeviceFault.self) { try open(driver, 5) }
        #expect(throws: ReplayLine.Mismatch.self) { try script.finish() }
    }

    /// Makes the recordings anew when `KIOSK_RECORD` is set, and compares them otherwise.
    @Test(arguments: ["plain", "echo"]) func theSimulatorSaysWhatIsRecorded(name: String) async throws {
        try await LockerBench.run { (bench) async throws in
            bench.locker.set { $0.echoes = name == "echo" }
            try bench.driver.beginRecording()
            #expect(bench.driver.poll().state == .ready)
            #expect(try bench.open(3) == [3])
            #expect(throws: CitizenRemedy.closeLockerDoor) { try bench.open(4) }
            _ = bench.driver.poll()
            let text = try bench.driver.endRecording()
            let file = Self.folder.appending(path: "\(name).recording")
            if ProcessInfo.processInfo.environment["KIOSK_RECORD"] != nil {
                let heading = "# Made from the simulator (Sources/Bench/Locker) by LockerRecordingTests: one board, door 3 is opened.\n"
                try (heading + text).write(to: file, atomically: true, encoding: .utf8)
            }
            let recorded = try Recording(String(contentsOf: file, encoding: .utf8))
            // How often the door was looked at again before it was seen open, and when nothing was there to be thrown away, may differ.
            #expect(try Recording(text).events.filter { $0 != .silent } == recorded.events.filter { $0 != .silent })
            let again = #expect(throws: DeviceFault.self) { try bench.driver.endRecording() }
            #expect(again?.code == "link.recording-refused")
        }
    }
}
