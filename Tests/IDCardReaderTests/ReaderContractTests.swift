import Bench
import DeviceLink
import Dispatch
import Glibc
import KioskModel
import Synchronization
import Testing

@testable import IDCardReader

/// What any ID-card reader must do; the simulated reader passes it over a pseudo-terminal.
@Suite struct ReaderContractTests {
    private func citizen(_ id: String = "resident") throws -> SyntheticCitizen { try #require(SyntheticCitizen.named(id)) }

    @Test(arguments: ["resident", "moved", "permit", "foreigner2017", "foreigner2023", "rare"])
    func everyCardIsReadAsItsHolder(id: String) async throws {
        let citizen = try citizen(id)
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            let found = Atomic<Int>(0)
            try bench.expectRead(citizen, context: ReaderBench.context { found.add(1, ordering: .relaxed) })
            #expect(found.load(ordering: .relaxed) == 1)
        }
    }

    @Test(arguments: [0, 1, 2])
    func fingerprintsComeWhenAskedFor(count: Int) async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            let laid = SyntheticCard(citizen, fingerprints: count)
            bench.simulator.lay(laid)
            let prints = try #require(try bench.read(fingerprints: true).fingerprints).reveal
            #expect(prints.count == count)
            #expect(prints.flatMap(\.self) == laid.fingerprints)
        }
    }

    @Test func aWellReaderIsReadyAndNamesItsSecurityModule() async throws {
        try await ReaderBench.run { bench in
            #expect(bench.driver.poll() == DeviceStatus(state: .ready, identity: ["sam": "05.01-20260101-0000000042-0123456789"]))
        }
    }

    // MARK: The citizen

    @Test func noCardByTheDeadlineAsksForOne() async throws {
        try await ReaderBench.run { bench in
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read(context: ReaderBench.context(60)) }
            #expect(bench.driver.poll().state == .ready)
        }
    }

    @Test func aBadlyLaidCardIsToBeLaidFlatAndIsThenRead() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen, placement: .badly))
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read() }
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: [SDTReaderCore.Step.select, .read, .append])
    func aCardTakenAwayHalfWayIsSaidToHaveLeftTooEarly(step: SDTReaderCore.Step) async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.cardRemoved, at: step)
            #expect(throws: CitizenRemedy.cardRemovedTooEarly) { try bench.read() }
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    @Test func aCardTakenAwayBeforeItIsFoundIsWaitedFor() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.cardRemoved, at: .find)
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read(context: ReaderBench.context(100)) }
        }
    }

    @Test func aCardThatIsFoundButNotReadIsToBeLaidFlat() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.status(0x41), at: .read)
            #expect(throws: CitizenRemedy.layCardFlat) { try bench.read() }
            // The SAM was reset, or the simulator would not find the card again.
            try bench.expectRead(citizen)
        }
    }

    @Test func selectIsTriedTwice() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.status(0x81), at: .select)
            try bench.expectRead(citizen)
            #expect(bench.simulator.requests == [.samID, .reset, .find, .select, .find, .select, .read, .append])
        }
    }

    @Test(arguments: [(UInt8(0x31), CitizenRemedy.cardNotAccepted), (0x32, .cardNotAccepted), (0x33, .cardDataInvalid), (0x40, .cardNotAccepted)])
    func aCardThatTheSecurityModuleRefusesIsNotAFault(status: UInt8, remedy: CitizenRemedy) async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(.status(status), at: .read)
            #expect(throws: remedy) { try bench.read() }
            #expect(bench.driver.poll().state == .ready)
        }
    }

    @Test func aRecordWithAWrongCheckDigitIsRefused() async throws {
        var citizen = try citizen()
        citizen.number = "999999199003071235"
        let wrong = citizen
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(wrong))
            #expect(throws: CitizenRemedy.cardDataInvalid) { try bench.read() }
        }
    }

    // MARK: Taking the card

    @Test func theCardThatWasReadIsWaitedForUntilItIsLifted() async throws {
        let citizen = try citizen("moved")
        try await ReaderBench.run { bench in
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

    @Test func aCardThatCouldNotBeReadIsNotForgottenEither() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
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
    @Test func theNextHostReadsTheCardThatTheLastOneLeft() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
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

    @Test func noiseOnTheLineIsNotTheCardLeaving() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
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

    /// One disturbed answer at any step costs a retry, nothing else.
    @Test(
        arguments: SDTReaderCore.Fault.named.filter { $0 != .cardRemoved }, [SDTReaderCore.Step.samID, .find, .select, .read, .append])
    func oneDisturbedAnswerIsMended(fault: SDTReaderCore.Fault, step: SDTReaderCore.Step) async throws {
        let citizen = try citizen("moved")
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(fault, at: step)
            try bench.expectRead(citizen)
        }
    }

    @Test(arguments: [
        (SDTReaderCore.Fault.corruptChecksum, "reader.corrupt-reply"), (.truncate, "reader.truncated-reply"), (.oversize, "reader.oversized-reply"),
        (.stall, "reader.no-reply"),
    ])
    func alwaysDisturbedAnswersAreAFaultAndEndWithTheDisturbance(fault: SDTReaderCore.Fault, code: String) async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            bench.simulator.inject(fault, at: .read, times: 1000)
            let thrown = #expect(throws: DeviceFault.self) { try bench.read() }
            #expect(thrown?.code == code)
            #expect(thrown?.action == .reset)
            bench.simulator.clearFaults()
            try bench.expectRead(citizen)
        }
    }

    @Test func aSilentReaderIsOfflineAndComesBack() async throws {
        try await ReaderBench.run { bench in
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
    @Test func aLateRecordNeverReachesTheNextCitizen() async throws {
        let (first, second) = (try citizen("resident"), try citizen("rare"))
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(first))
            bench.simulator.inject(.late, at: .read, times: 2)
            #expect(throws: DeviceFault.self) { try bench.read() }
            bench.simulator.lay(SyntheticCard(second))
            try bench.expectRead(second)
        }
    }

    @Test func everyDocumentedStatusOfTheReaderItselfIsAFault() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
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

    @Test func anUnpluggedReaderIsAbsentAndComesBackByItself() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
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

    @Test func aReaderUnpluggedDuringAReadIsAFaultAtOnce() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            bench.simulator.lay(SyntheticCard(citizen))
            let simulator = bench.simulator
            let thrown = #expect(throws: DeviceFault.self) { try bench.read(context: ReaderBench.context { simulator.unplug() }) }
            #expect(thrown?.code == "reader.absent")
        }
    }

    @Test func aReaderReplacedDuringAReadIsReadOn() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
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

    @Test func aCancelledWaitEndsAtOnce() async throws {
        let citizen = try citizen()
        try await ReaderBench.run { bench in
            let context = ReaderBench.context(60_000)
            context.cancel()
            #expect(throws: CancellationError.self) { try bench.read(context: context) }
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
        }
    }

    /// The read's answer takes a minute at most; the citizen's "stop" does not.
    @Test func aStalledReadIsCancelledInTheMiddle() async throws {
        let citizen = try citizen()
        var timing = ReaderBench.timing
        timing.select = 60_000
        try await ReaderBench.run(timing: timing) { bench in
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

    // MARK: Configuration

    @Test(arguments: [[:], ["port": ""], ["port": "/dev/null", "baud": "fast"]])
    func unusableOptionsAreRefused(options: [String: String]) {
        #expect(throws: DeviceFault.self) { try IDCardReaderDriver(options: options) }
    }

    @Test func aPortThatIsNoLineNeedsATechnician() throws {
        for options in [["port": "/dev/null"], ["port": "/dev/null", "baud": "110"]] {
            let status = try IDCardReaderDriver(options: options).poll()
            #expect(status.state == .needsTechnician)
            #expect(status.fault?.action == .configure)
        }
    }

    @Test func aPortInUseIsSaidToBeBusy() async throws {
        try await ReaderBench.run { bench in
            #expect(bench.driver.poll().state == .ready)
            let second = IDCardReaderDriver(port: bench.simulator.devicePath, baud: 115200, timing: ReaderBench.timing)
            #expect(second.poll().fault?.code == "reader.busy")
        }
    }

    @Test func anotherDevicesCommandIsRefused() async throws {
        try await ReaderBench.run { bench in
            let thrown = #expect(throws: DeviceFault.self) {
                try bench.driver.perform(.scan(ScanRequest(maxPages: 1)), files: [], context: ReaderBench.context())
            }
            #expect(thrown?.code == "reader.unsupported-command")
        }
    }
}
