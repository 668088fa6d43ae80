import Bench
import DeviceLink
import Dispatch
import Glibc
import KioskModel
import Synchronization
import Testing

@testable import IDCardReader

/// What any ID-card reader must do, on every line.
@Suite struct ReaderContractTests {
    private func citizen(_ id: String = "resident") throws -> SyntheticCitizen { try #require(SyntheticCitizen.named(id)) }

    @Test(arguments: ReaderLine.allCases, ["resident", "moved", "permit", "foreigner2017", "foreigner2023", "rare"])
    func everyCardIsReadAsItsHolder(line: ReaderLine, id: String) async throws {
        let citizen = try citizen(id)
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            let found = Atomic<Int>(0)
            try bench.expectRead(citizen, context: ReaderBench.context { found.add(1, ordering: .relaxed) })
            #expect(found.load(ordering: .relaxed) == 1)
        }
    }

    @Test(arguments: ReaderLine.allCases, [0, 1, 2])
    func fingerprintsComeWhenAskedFor(line: ReaderLine, count: Int) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            let laid = SyntheticCard(citizen, fingerprints: count)
            bench.simulator.lay(laid)
            let prints = try #require(try bench.read(fingerprints: true).fingerprints).reveal
            #expect(prints.count == count)
            #expect(prints.flatMap { Array($0) } == laid.fingerprints)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aWellReaderIsReadyAndNamesItsSecurityModule(line: ReaderLine) async throws {
        try await ReaderBench.run(line) { bench in
            let sam = ["sam": "05.01-20260101-0000000042-0123456789"]
            let identity = line == .terminal ? sam.merging(["baud": "115200"]) { $1 } : sam
            #expect(bench.driver.poll() == DeviceStatus(state: .ready, identity: identity))
        }
    }

    // MARK: The citizen

    @Test(arguments: ReaderLine.allCases)
    func noCardByTheDeadlineAsksForOne(line: ReaderLine) async throws {
        try await ReaderBench.run(line) { bench in
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read(context: ReaderBench.context(60)) }
            #expect(bench.driver.poll().state == .ready)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aBadlyLaidCardIsToBeLaidFlatAndIsThenRead(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen, placement: .badly))
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read() }
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: ReaderLine.allCases, [SDTReaderCore.Step.select, .read, .append])
    func aCardTakenAwayHalfWayIsSaidToHaveLeftTooEarly(line: ReaderLine, step: SDTReaderCore.Step) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.cardRemoved, at: step)
            #expect(throws: CitizenRemedy.cardRemovedTooEarly) { try bench.read() }
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aCardTakenAwayBeforeItIsFoundIsWaitedFor(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.cardRemoved, at: .find)
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read(context: ReaderBench.context(100)) }
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aCardThatIsFoundButNotReadIsToBeLaidFlat(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.status(0x41), at: .read)
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read() }
            // The SAM was reset, or the simulator would not find the card again.
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func selectIsTriedTwice(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.status(0x81), at: .select)
            try bench.expectRead(citizen)
            #expect(bench.simulator.requests == [.samID, .reset, .find, .select, .find, .select, .read, .append])
        }
    }

    @Test(
        arguments: ReaderLine.allCases,
        [(UInt8(0x31), CitizenRemedy.cardNotAccepted), (0x32, .cardNotAccepted), (0x33, .cardDataInvalid), (0x40, .cardNotAccepted)])
    func aCardThatTheSecurityModuleRefusesIsNotAFault(line: ReaderLine, expected: (status: UInt8, remedy: CitizenRemedy)) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.status(expected.status), at: .read)
            #expect(throws: expected.remedy) { try bench.read() }
            #expect(bench.driver.poll().state == .ready)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aRecordWithAWrongCheckDigitIsRefused(line: ReaderLine) async throws {
        var citizen = try citizen()
        citizen.number = "999999199003071235"
        let wrong = citizen
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(wrong))
            #expect(throws: CitizenRemedy.cardDataInvalid) { try bench.read() }
        }
    }

    // MARK: Taking the card

    @Test(arguments: ReaderLine.allCases)
    func theCardThatWasReadIsWaitedForUntilItIsLifted(line: ReaderLine) async throws {
        let citizen = try citizen("moved")
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            _ = try bench.read()
            // Not found again while it lies there.
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read(context: ReaderBench.context(40)) }
            #expect(throws: CancellationError.self) {
                try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context(60))
            }
            bench.simulator.inject(.cardRemoved, at: .append)
            let reply = try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context())
            #expect(reply.result == .done)
            #expect(!bench.simulator.hasCard)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aCardThatCouldNotBeReadIsNotForgottenEither(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen, placement: .badly))
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read() }
            #expect(throws: CancellationError.self) {
                try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context(60))
            }
            bench.simulator.inject(.cardRemoved, at: .find)
            let reply = try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context())
            #expect(reply.result == .done)
            #expect(!bench.simulator.hasCard)
        }
    }

    /// A host that was killed leaves the reader in the middle of anything; its successor starts afresh with the card still lying there.
    @Test(arguments: ReaderLine.allCases)
    func theNextHostReadsTheCardThatTheLastOneLeft(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
            bench.restartDriver()
            try bench.expectRead(citizen)
            bench.restartDriver()
            // Waiting for the card to be taken must not disturb it: the cheap read goes on where the last host was.
            bench.simulator.inject(.cardRemoved, at: .append)
            let reply = try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context())
            #expect(reply.result == .done)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func noiseOnTheLineIsNotTheCardLeaving(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            for fault in SDTReaderCore.Fault.named where fault != .cardRemoved {
                bench.simulator.lay(SyntheticCard(citizen))
                try bench.expectRead(citizen)
                bench.simulator.inject(fault, at: .append)
                bench.simulator.inject(.cardRemoved, at: .append)
                _ = try bench.driver.perform(.awaitCardRemoval, files: [], context: ReaderBench.context())
                #expect(!bench.simulator.hasCard, "\(fault)")
            }
        }
    }

    // MARK: The line

    private static let disturbances: [(fault: SDTReaderCore.Fault, step: SDTReaderCore.Step)] = SDTReaderCore.Fault.named
        .filter { $0 != .cardRemoved }
        .flatMap { fault in [.samID, .find, .select, .read, .append].map { (fault, $0) } }

    /// One disturbed answer at any step costs a retry, nothing else.
    @Test(arguments: ReaderLine.allCases, disturbances)
    func oneDisturbedAnswerIsMended(line: ReaderLine, disturbance: (fault: SDTReaderCore.Fault, step: SDTReaderCore.Step)) async throws {
        let citizen = try citizen("moved")
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(disturbance.fault, at: disturbance.step)
            try bench.expectRead(citizen)
        }
    }

    @Test(
        arguments: ReaderLine.allCases,
        [
            (SDTReaderCore.Fault.corruptChecksum, "reader.corrupt-reply"), (.truncate, "reader.truncated-reply"),
            (.oversize, "reader.oversized-reply"),
            (.stall, "reader.no-reply"),
        ])
    func alwaysDisturbedAnswersAreAFaultAndEndWithTheDisturbance(line: ReaderLine, expected: (fault: SDTReaderCore.Fault, code: String)) async throws
    {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(expected.fault, at: .read, times: 1000)
            let thrown = #expect(throws: DeviceFault.self) { try bench.read() }
            #expect(thrown?.code == expected.code)
            #expect(thrown?.action == .reset)
            bench.simulator.clearFaults()
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aSilentReaderIsOfflineAndComesBack(line: ReaderLine) async throws {
        try await ReaderBench.run(line) { bench in
            bench.simulator.inject(.stall, times: 1000)
            let status = bench.driver.poll()
            #expect(status.state == .offline)
            #expect(status.fault?.code == "reader.no-reply")
            #expect(status.fault?.action == .reset)
            bench.simulator.clearFaults()
            #expect(bench.driver.poll().state == .ready)
        }
    }

    /// The record of one citizen, withheld until its asker has given up, must not become the next one's.
    @Test(arguments: ReaderLine.allCases)
    func aLateRecordNeverReachesTheNextCitizen(line: ReaderLine) async throws {
        let (first, second) = (try citizen("resident"), try citizen("rare"))
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(first))
            bench.simulator.inject(.late, at: .read, times: 2)
            #expect(throws: DeviceFault.self) { try bench.read() }
            bench.simulator.lay(SyntheticCard(second))
            try bench.expectRead(second)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func everyDocumentedStatusOfTheReaderItselfIsAFault(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            for status: UInt8 in [0x10, 0x11, 0x21, 0x23, 0x24, 0x47, 0x50, 0x60, 0x61, 0x66, 0x77] {
                bench.simulator.inject(.status(status), at: .select)
                let thrown = #expect(throws: DeviceFault.self) { try bench.read() }
                #expect(thrown?.detail.contains(String(status, radix: 16)) == true)
            }
            try bench.expectRead(citizen)
        }
    }

    // MARK: The plug

    @Test(arguments: ReaderLine.allCases)
    func anUnpluggedReaderIsAbsentAndComesBackByItself(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            #expect(bench.driver.poll().state == .ready)
            bench.simulator.unplug()
            let status = bench.driver.poll()
            #expect(status.state == .absent)
            #expect(status.fault?.action == .replug)
            let thrown = #expect(throws: DeviceFault.self) { try bench.read() }
            #expect(thrown?.code == "reader.absent")
            try bench.simulator.replug()
            #expect(bench.driver.poll().state == .ready)
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aReaderUnpluggedDuringAReadIsAFaultAtOnce(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            let simulator = bench.simulator
            let thrown = #expect(throws: DeviceFault.self) { try bench.read(context: ReaderBench.context { simulator.unplug() }) }
            #expect(thrown?.code == "reader.absent")
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func aReaderReplacedDuringAReadIsReadOn(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            let simulator = bench.simulator
            let once = Atomic<Bool>(false)
            let context = ReaderBench.context {
                if once.exchange(true, ordering: .relaxed) { return }
                simulator.unplug()
                try? simulator.replug()
            }
            try bench.expectRead(citizen, context: context)
        }
    }

    // MARK: Cancelling

    @Test(arguments: ReaderLine.allCases)
    func aCancelledWaitEndsAtOnce(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await ReaderBench.run(line) { bench in
            let context = ReaderBench.context(60_000)
            context.cancel()
            #expect(throws: CancellationError.self) { try bench.read(context: context) }
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    /// The read's answer takes a minute at most; the citizen's "stop" does not.
    @Test(arguments: ReaderLine.allCases)
    func aStalledReadIsCancelledInTheMiddle(line: ReaderLine) async throws {
        let citizen = try citizen()
        var timing = ReaderBench.timing
        timing.select = 60_000
        try await ReaderBench.run(line, timing: timing) { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.stall, at: .select)
            let (simulator, context) = (bench.simulator, ReaderBench.context(60_000))
            DispatchQueue.global().async {
                while !simulator.requests.contains(.select), !context.isCancelled { usleep(1000) }
                context.cancel()
            }
            let begin = ContinuousClock.now
            #expect(throws: CancellationError.self) { try bench.read(context: context) }
            #expect(ContinuousClock.now - begin < .seconds(20))
            try bench.expectRead(citizen)
        }
    }

    // MARK: Sharing

    @Test(arguments: ReaderLine.allCases)
    func aPortInUseIsSaidToBeBusy(line: ReaderLine) async throws {
        try await ReaderBench.run(line) { bench in
            #expect(bench.driver.poll().state == .ready)
            let second = bench.makeDriver()
            #expect(second.poll().fault?.code == "reader.busy")
        }
    }

    @Test(arguments: ReaderLine.allCases)
    func anotherDevicesCommandIsRefused(line: ReaderLine) async throws {
        try await ReaderBench.run(line) { bench in
            let thrown = #expect(throws: DeviceFault.self) {
                try bench.driver.perform(.scan(ScanRequest(maxPages: 1)), files: [], context: ReaderBench.context())
            }
            #expect(thrown?.code == "reader.unsupported-command")
        }
    }
}
