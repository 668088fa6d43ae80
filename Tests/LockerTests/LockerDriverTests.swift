import Bench
import DeviceLink
import Foundation
import KioskModel
import Testing

@testable import Locker

/// What the contract (Tests/Contracts/locker.scenario) has no words for.
@Suite(.serialized) struct LockerDriverTests {
    @Test func doorsAreNumberedThroughTheBoards() async throws {
        try await LockerBench.run(.init(boards: 3, locks: 16)) { (bench) async throws in
            #expect(try bench.open(33) == [33])
            #expect(throws: CitizenRemedy.closeLockerDoor) { try bench.open(1) }
            #expect(bench.locker.openings == 1)
            bench.locker.turn(33, open: false)
            #expect(try bench.open(48) == [48])
            let reply = try bench.driver.perform(.queryDoors, files: [], context: LockerBench.context())
            guard case .doors(let doors) = reply.result else { throw LockerBench.Unexpected.result }
            #expect(doors.map(\.number) == Array(1...48))
            #expect(bench.driver.poll().conditions == [DeviceCondition(.doorOpen, 48)])
        }
    }

    @Test(arguments: [true, false]) func bothPolaritiesAreRead(openIsOne: Bool) async throws {
        try await LockerBench.run(.init(locks: 32, openIsOne: openIsOne)) { (bench) async throws in
            #expect(try bench.query() == [])
            #expect(try bench.open(32) == [32])
        }
    }

    /// 18, 21, 22 and others open: the answer begins as the question's echo does.
    @Test(arguments: [false, true]) func anAnswerThatLooksLikeTheEchoIsRead(echoes: Bool) async throws {
        try await LockerBench.run(.init(openIsOne: true)) { (bench) async throws in
            let doors = (1...24).filter { 0x0033_B200 >> ($0 - 1) & 1 == 1 }
            for door in doors { bench.locker.turn(door, open: true) }
            bench.locker.set { $0.echoes = echoes }
            #expect(try bench.query() == doors)
            #expect(bench.driver.poll().identity["echo"] == (echoes ? "yes" : "no"))
        }
    }

    @Test func whatABoardSaysUnaskedConfusesNobody() async throws {
        try await LockerBench.run { (bench) async throws in
            #expect(bench.driver.poll().state == .ready)
            for door in 1...24 { bench.locker.turn(door, open: true, isTold: true) }
            for door in 1...23 { bench.locker.turn(door, open: false, isTold: true) }
            #expect(try bench.query() == [24])
            bench.locker.turn(24, open: false, isTold: true)
            #expect(try bench.open(7) == [7])
        }
    }

    @Test func anOpeningIsSentOnceWhateverIsAnswered() async throws {
        try await LockerBench.run { (bench) async throws in
            bench.locker.set { $0.stuckDoors = [5] }
            let thrown = #expect(throws: DeviceFault.self) { try bench.open(5) }
            #expect(thrown?.code == "locker.door-stuck")
            #expect(thrown?.action == .clear)
            #expect(bench.locker.openings == 1)
            #expect(bench.driver.poll().state == .ready)
        }
    }

    /// The adapter begins or stops to hear itself between two commands.
    @Test func anEchoThatBeginsOrStopsIsNoticed() async throws {
        try await LockerBench.run { (bench) async throws in
            for (index, echoes) in [false, true, true, false, true].enumerated() {
                bench.locker.set { $0.echoes = echoes }
                #expect(try bench.open(index + 1) == [index + 1])
                bench.locker.turn(index + 1, open: false)
                #expect(bench.locker.openings == index + 1)
                #expect(bench.driver.poll().identity["echo"] == (echoes ? "yes" : "no"))
            }
        }
    }

    @Test func aBoardThatIsSilentBehindAnEchoIsTold() async throws {
        try await LockerBench.run { (bench) async throws in
            bench.locker.set {
                $0.echoes = true
                $0.isWithholding = true
            }
            let status = bench.driver.poll()
            #expect(status.state == .offline)
            #expect(status.fault?.code == "locker.no-reply")
            #expect(status.fault?.detail.contains("hears itself") == true)
            bench.locker.release()
            #expect(bench.driver.poll().state == .ready)
        }
    }

    @Test func aMissingBoardIsNamed() async throws {
        try await LockerBench.run(.init(boards: 1, locks: 8)) { (bench) async throws in
            let layout = try LockerLayout(options: [
                "port": bench.locker.devicePath, "polarity": "open-is-0", "boards": "2", "doors-per-board": "8",
            ])
            let options = ["port": layout.port, "polarity": "open-is-0", "boards": "2", "doors-per-board": "8"]
            let status = try LockerDriver(options: options).poll()
            #expect(status.fault?.code == "locker.no-reply")
            #expect(status.fault?.detail == "board 2 does not answer")
        }
    }

    @Test func aCancelledOpeningEndsAtOnce() async throws {
        try await LockerBench.run { (bench) async throws in
            #expect(bench.driver.poll().state == .ready)
            bench.locker.set { $0.isWithholding = true }
            let context = LockerBench.context()
            let canceller = Task.detached {
                try await Task.sleep(for: .milliseconds(100))
                context.cancel()
            }
            #expect(throws: CancellationError.self) { try bench.open(3, context: context) }
            try await canceller.value
            #expect(bench.locker.openings == 0)
            bench.locker.release()
            #expect(try bench.open(3) == [3])
        }
    }

    /// A cancelled command's door may still be about to open: no other is opened before that is over.
    @Test func aDoorThatOpensAfterItsCommandIsStillTheOnlyOne() async throws {
        try await LockerBench.run(timing: .init(opening: 20_000, door: 20_000, pause: 5)) { (bench) async throws in
            bench.locker.set { $0.lateness = 3 }
            let context = LockerBench.context()
            let locker = bench.locker
            let canceller = Task.detached {
                try await Poll.until("the opening") { locker.openings == 1 ? .there(()) : .notYet("not sent") }
                context.cancel()
            }
            #expect(throws: CancellationError.self) { try bench.open(3, context: context) }
            try await canceller.value
            #expect(locker.openDoors == [])
            #expect(throws: CitizenRemedy.closeLockerDoor) { try bench.open(4) }
            #expect(locker.openDoors == [3])
            #expect(locker.openings == 1)
        }
    }

    @Test func nothingIsSentWhenTheTimeIsOver() async throws {
        try await LockerBench.run { (bench) async throws in
            #expect(throws: DeviceFault.deadlinePassed) { try bench.open(3, context: LockerBench.context(0)) }
            #expect(bench.locker.openings == 0)
        }
    }

    @Test func mistakesInTheConfigurationAreNamed() {
        let mistakes: [([String: String], String)] = [
            ([:], "port="),
            (["port": "/dev/ttyS1"], "polarity="),
            (["port": "/dev/ttyS1", "polarity": "open"], "polarity=open-is-1"),
            (["port": "/dev/ttyS1", "polarity": "open-is-1", "board": "2"], "no option board="),
            (["port": "/dev/ttyS1", "polarity": "open-is-1", "boards": "0"], "boards="),
            (["port": "/dev/ttyS1", "polarity": "open-is-1", "boards": "9"], "at most 192"),
            (["port": "/dev/ttyS1", "polarity": "open-is-1", "doors-per-board": "33"], "doors-per-board="),
            (["port": "/dev/ttyS1", "polarity": "open-is-1", "baud": "fast"], "baud="),
        ]
        for (options, hint) in mistakes {
            let thrown = #expect(throws: DeviceFault.self) { try LockerLayout(options: options) }
            #expect(thrown?.code == "locker.configuration")
            #expect(thrown?.detail.contains(hint) == true, "\(options)")
        }
    }
}
