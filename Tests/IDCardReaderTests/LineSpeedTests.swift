import Bench
import DeviceLink
import KioskModel
import Synchronization
import Testing

@testable import IDCardReader

/// A serial reader whose speed nobody wrote down is found at it.
@Suite struct LineSpeedTests {
    /// A driver without `baud=`, and the speeds that it opens the port at.
    private final class Search {
        private(set) var tried: [Int32] = []
        private(set) var driver: IDCardReaderDriver!

        init(_ path: String) {
            let port = ReaderPort.serial(path: path, baud: nil)
            driver = IDCardReaderDriver(timing: ReaderBench.timing, speeds: port.speeds) { [unowned self] (speed, limit) throws(ReaderFailure) in
                tried.append(speed ?? 0)
                return try ReaderConnection(port: port.at(speed), limit: limit)
            }
        }

        func forget() { tried = [] }
    }

    private func withReader(at speed: Int32, _ body: (SDTReaderSimulator, Search) throws -> Void) async throws {
        let simulator = try SDTReaderSimulator()
        simulator.speed = speed
        try await simulator.start()
        do {
            try body(simulator, Search(simulator.devicePath))
            await simulator.stop()
        } catch {
            await simulator.stop()
            throw error
        }
    }

    @Test(arguments: [115_200, 57_600, 38_400, 19_200, 9600] as [Int32])
    func theSpeedIsFoundAndShown(speed: Int32) async throws {
        try await withReader(at: speed) { simulator, search in
            let status = search.driver.poll()
            #expect(status.state == .ready)
            #expect(status.identity["baud"] == "\(speed)")
            #expect(search.tried.last == speed)
            // Found, it is kept: nothing is opened anew.
            search.forget()
            #expect(search.driver.poll().state == .ready)
            #expect(search.tried == [])
        }
    }

    @Test func theSpeedIsRememberedWhileTheReaderAnswers() async throws {
        try await withReader(at: 19_200) { simulator, search in
            #expect(search.driver.poll().state == .ready)
            search.forget()
            simulator.inject(.corruptChecksum, at: .samID)
            #expect(search.driver.poll().state == .ready)
            #expect(search.tried == [19_200])
        }
    }

    /// One that is slower answers nothing, one that is faster noise.
    @Test(arguments: [9600, 115_200] as [Int32])
    func anotherReaderInItsPlaceIsFoundAnew(other: Int32) async throws {
        try await withReader(at: 38_400) { simulator, search in
            #expect(search.driver.poll().identity["baud"] == "38400")
            simulator.unplug()
            #expect(search.driver.poll().state == .absent)
            simulator.speed = other
            try simulator.replug()
            #expect(search.driver.poll().identity["baud"] == "\(other)")
            let citizen = try #require(SyntheticCitizen.named("resident"))
            simulator.lay(SyntheticCard(citizen))
            let reply = try search.driver.perform(.readCard(fingerprints: false), files: [], context: ReaderBench.context(20_000))
            #expect(reply.result == .card(try expectedCard(citizen)))
        }
    }

    /// Nothing but the question for the SAM id is sent in the search, and a poll stays below its limit.
    @Test func aSilentLineIsOfflineInTimeAndHeardNoCommandThatChangesAReader() throws {
        let heard = Mutex<[UInt8]>([])
        let port = try VirtualSerialPort("silent") { bytes in
            heard.withLock { $0 += bytes }
            return []
        }
        defer { port.remove() }
        try port.plug()
        let search = Search(port.path)
        let begin = ContinuousClock.now
        let status = search.driver.poll()
        #expect(ContinuousClock.now - begin < HostMain.pollLimit)
        #expect(status.state == .offline)
        #expect(status.fault?.code == "reader.no-reply")
        #expect(search.tried == [115_200, 115_200, 57_600, 38_400, 19_200, 9600])
        let question: [UInt8] = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 3, 0x12, 0xFF, 0xEE]
        let all = heard.withLock { $0 }
        #expect(!all.isEmpty)
        #expect(all == Array(repeating: question, count: all.count / question.count).flatMap(\.self))
    }

    @Test func aPollFitsItsLimitHoweverPatient() {
        for patience: Int32 in [1, 10, 100] {
            #expect(IDCardReaderDriver.Timing().patient(patience).poll <= 9000)
        }
    }

    @Test func aPortThatIsNotThereIsNotSearched() throws {
        let search = Search("/dev/ttyNONE")
        #expect(search.driver.poll().state == .absent)
        #expect(search.tried == [115_200])
    }
}
