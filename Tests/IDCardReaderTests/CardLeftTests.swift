import Bench
import DeviceLink
import KioskModel
import Testing

@testable import IDCardReader

/// What a poll finds out between commands, and that it disturbs nothing by it.
@Suite struct CardLeftTests {
    private func citizen(_ id: String = "resident") throws -> SyntheticCitizen { try #require(SyntheticCitizen.named(id)) }

    @Test(arguments: ReaderLine.allCases)
    func aCardThatWasReadIsToldOfUntilItIsLifted(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            #expect(bench.driver.poll().conditions == [])
            try bench.expectRead(citizen)
            for _ in 0..<3 {
                let status = bench.driver.poll()
                #expect(status.state == .ready)
                #expect(status.conditions == [DeviceCondition(.cardLeft)])
            }
            bench.simulator.lift()
            #expect(bench.driver.poll().conditions == [])
            // Another that nobody reads is nobody's.
            bench.simulator.lay(SyntheticCard(citizen))
            #expect(bench.driver.poll().conditions == [])
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aPollNeverTouchesWhatTheReaderKnowsOfACard(line: ReaderLine) async throws {
        let citizen = try citizen("moved")
        try await ReaderBench.run(line) { bench in
            #expect(bench.driver.poll().state == .ready)
            #expect(bench.simulator.requests == [.samID, .status])
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
            let before = bench.simulator.requests.count
            #expect(bench.driver.poll().conditions == [DeviceCondition(.cardLeft)])
            bench.simulator.inject(.stall, at: .append)
            #expect(bench.driver.poll().conditions == [DeviceCondition(.cardLeft)])
            #expect(Set(bench.simulator.requests.dropFirst(before)) == [.samID, .status, .append])
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aMissedQuestionIsNotTheCardLeaving(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
            bench.simulator.inject(.status(0x41), at: .append)
            #expect(bench.driver.poll().conditions == [DeviceCondition(.cardLeft)])
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aCardWhoseLeavingWasSeenIsNotLookedForAgain(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
            bench.simulator.lift()
            _ = try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context())
            let before = bench.simulator.requests.count
            #expect(bench.driver.poll().conditions == [])
            #expect(bench.simulator.requests.dropFirst(before).contains(.append) == false)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aCardThatCouldNotBeReadIsNotSaidToBeLeft(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
            bench.simulator.lay(SyntheticCard(citizen, placement: .badly))
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read() }
            #expect(bench.driver.poll().conditions == [])
        }
    }

    @Test(arguments: ReaderLine.allCases, [(UInt8(0x60), "reader.self-test"), (0x66, "reader.unauthorised")])
    func aModuleThatIsIllIsFoundOutBetweenCommands(line: ReaderLine, expected: (status: UInt8, code: String)) async throws {
        try await ReaderBench.run(line) { bench in
            bench.simulator.inject(.status(expected.status), at: .status)
            let status = bench.driver.poll()
            #expect(status.state == .needsTechnician)
            #expect(status.fault?.code == expected.code)
            #expect(bench.driver.poll().state == .ready)
        }
    }
}
