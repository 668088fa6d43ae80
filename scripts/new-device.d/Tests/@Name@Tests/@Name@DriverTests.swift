import Bench
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import @Name@

/// What the contract (Tests/Contracts/@name@.scenario) has no words for.
@Suite struct @Name@DriverTests {
    @Test func mistakesInTheConfigurationAreNamed() {
        let mistakes: [([String: String], String)] = [
            ([:], "port="),
            (["port": "/dev/ttyS1", "board": "2"], "no option board="),
            (["port": "/dev/ttyS1", "baud": "fast"], "baud="),
        ]
        for (options, hint) in mistakes {
            let thrown = #expect(throws: DeviceFault.self) { try @Name@Port(options: options) }
            #expect(thrown?.code == "@name@.configuration")
            #expect(thrown?.detail.contains(hint) == true, "\(options)")
        }
    }

    @Test func anotherDevicesCommandIsRefused() throws {
        let driver = try @Name@Driver(options: ["port": "/dev/nothing"])
        let thrown = #expect(throws: DeviceFault.self) {
            try driver.perform(.awaitCode, files: [], context: CommandContext(deadline: .now + .seconds(1)) { _, _ in })
        }
        #expect(thrown?.code == "@name@.unsupported-command")
    }
}

/// A recorded conversation is replayed byte for byte: what the driver says must not change unnoticed.
@Suite struct @Name@RecordingTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings/plain.recording")

    @Test func theIdentityIsReplayed() throws {
        let script = ReplayLine.Script(try Recording(String(contentsOf: Self.file, encoding: .utf8)))
        let driver = @Name@Driver { (kiosk_line(over: ReplayLine(script)), 0) }
        #expect(driver.poll() == DeviceStatus(state: .ready, identity: ["model": "@Name@ 1.0"]))
        try script.finish()
    }

    /// Makes the recording anew when `KIOSK_RECORD` is set, and compares it otherwise.
    @Test func theSimulatorSaysWhatIsRecorded() throws {
        let device = try @Name@Simulator()
        defer { device.stop() }
        try device.plug()
        let driver = try @Name@Driver(options: ["port": device.devicePath])
        try driver.beginRecording()
        #expect(driver.poll().state == .ready)
        let text = try driver.endRecording()
        if ProcessInfo.processInfo.environment["KIOSK_RECORD"] != nil {
            let heading = "# Made from the simulator (Sources/Bench/@Name@) by @Name@RecordingTests: what the device is.\n"
            try (heading + text).write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let recorded = try Recording(String(contentsOf: Self.file, encoding: .utf8))
        // When nothing was there to be thrown away may differ.
        #expect(try Recording(text).events.filter { $0 != .silent } == recorded.events.filter { $0 != .silent })
    }
}
