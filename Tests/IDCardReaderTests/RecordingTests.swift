import Bench
import DeviceLink
import KioskModel
import Line
import LineShim
import Testing

@testable import IDCardReader

/// What the driver says to a reader can be recorded, and the recording answers the driver as the reader did.
@Suite struct ReaderRecordingTests {
    private func record(_ citizen: SyntheticCitizen) async throws -> Recording {
        let simulator = try SDTReaderSimulator()
        try await simulator.start()
        simulator.lay(SyntheticCard(citizen))
        let tape = RecordingLine.Tape()
        let port = ReaderPort.serial(path: simulator.devicePath, baud: 115200)
        let driver = IDCardReaderDriver(timing: ReaderBench.timing) { (limit) throws(ReaderFailure) in
            try ReaderConnection(port: port, limit: limit, tape: tape)
        }
        #expect(driver.poll().state == .ready)
        #expect(try read(driver) == expectedCard(citizen))
        await simulator.stop()
        return tape.recording
    }

    private func read(_ driver: IDCardReaderDriver) throws -> IdentityCard? {
        let reply = try driver.perform(.readCard(fingerprints: false), files: [], context: ReaderBench.context())
        guard case .card(let card) = reply.result else { return nil }
        return card
    }

    private func driver(_ script: ReplayLine.Script) -> IDCardReaderDriver {
        IDCardReaderDriver(timing: ReaderBench.timing) { (limit) throws(ReaderFailure) in
            try ReaderConnection(line: kiosk_line(over: ReplayLine(script)), limit: limit)
        }
    }

    @Test(arguments: ["resident", "moved"]) func aRecordedReadIsReplayed(id: String) async throws {
        let citizen = try #require(SyntheticCitizen.named(id))
        let recording = try await record(citizen)
        let script = ReplayLine.Script(try Recording(recording.text))
        let driver = driver(script)
        #expect(driver.poll().state == .ready)
        #expect(try read(driver) == expectedCard(citizen))
        try script.finish()
    }

    @Test func aDriverThatDoesSomethingElseFailsTheReplay() async throws {
        let recording = try await record(try #require(SyntheticCitizen.named("resident")))
        let unused = ReplayLine.Script(recording)
        #expect(driver(unused).poll().state == .ready)
        #expect(throws: ReplayLine.Mismatch.self) { try unused.finish() }

        let other = ReplayLine.Script(recording)
        #expect(throws: DeviceFault.self) {
            try driver(other).perform(.readCard(fingerprints: true), files: [], context: ReaderBench.context())
        }
        #expect(throws: ReplayLine.Mismatch.self) { try other.finish() }
    }
}
