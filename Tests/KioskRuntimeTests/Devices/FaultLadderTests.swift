import DeviceLink
import KioskModel
import LocalAPI
@testable import KioskRuntime
import Testing

/// The ladder as a value: a test's clock, no devices.
struct FaultLadderTests {
    static let wedged = DeviceStatus(state: .offline, fault: DeviceFault(code: "reader.timeout", action: .reset, detail: "no answer"))
    static let empty = DeviceStatus(
        state: .needsTechnician, fault: DeviceFault(code: "printer.media-empty", action: .refill, detail: "the printer reports media-empty"))
    static let gone = DeviceStatus(state: .absent, fault: DeviceFault(code: "reader.absent", action: .replug, detail: "not there"))
    static let ready = DeviceStatus(state: .ready)
    static let start = ContinuousClock.now

    /// A ladder with a clock that moves only here.
    struct Bed {
        var ladder = FaultLadder()
        var now = FaultLadderTests.start
        var hasPort = true

        mutating func told(_ status: DeviceStatus) { ladder.told(status, at: now) }
        mutating func failed() { ladder.told(.fault(FaultLadderTests.wedged.fault!), at: now) }
        mutating func succeeded() { ladder.told(.success(.done), at: now) }

        /// Lets time pass from one due moment to the next; returns what was to be done, with the second it came in.
        mutating func pass(_ seconds: Int, chance: Double = 1) -> [String] {
            let end = now + .seconds(seconds)
            var seen: [String] = []
            var turns = 0
            while turns < 100_000 {
                turns += 1
                while let action = ladder.next(at: now, hasPort: hasPort, chance: chance) {
                    seen.append("\((now - FaultLadderTests.start).components.seconds) \(action)")
                }
                guard let due = ladder.due, due <= end else { break }
                #expect(due > now, "asked again at once, without anything to do")
                now = max(now, due)
            }
            now = end
            return seen
        }
    }

    @Test func aWedgedDeviceClimbsEveryRungAndThenWaitsForSomebody() {
        var bed = Bed()
        bed.told(Self.wedged)
        #expect(bed.pass(200) == ["15 take(reset)", "30 take(restart)", "60 take(port)", "90 outOfService"].map(Self.qualified))
        #expect(bed.ladder.tried == [.retry, .reset, .restart, .port])
    }

    @Test func theTimeToAnswerRunsFromTheEndOfARung() {
        var bed = Bed()
        bed.told(Self.wedged)
        #expect(bed.pass(15) == [Self.qualified("15 take(reset)")])
        bed.now += .seconds(14)
        bed.ladder.taken(.reset, at: bed.now)
        #expect(bed.pass(14).isEmpty)
        #expect(bed.pass(1) == [Self.qualified("44 take(restart)")])
        #expect(bed.pass(30) == [Self.qualified("74 take(port)")])
        bed.ladder.skip(.port, at: bed.now)
        #expect(bed.ladder.next(at: bed.now, hasPort: true, chance: 1) == .outOfService)
        #expect(bed.ladder.tried == [.retry, .reset, .restart])
    }

    /// For years: an hour later it may help.
    @Test func itClimbsAgainEveryHourWithoutAnotherTicket() {
        var bed = Bed()
        bed.told(Self.wedged)
        _ = bed.pass(100)
        let day = bed.pass(86_400)
        #expect(day.allSatisfy { $0.contains("take") })
        #expect((23 * 3...24 * 3).contains(day.count), "\(day.count)")
    }

    @Test func withoutAPortThatRungIsLeftOut() {
        var bed = Bed(hasPort: false)
        bed.told(Self.wedged)
        #expect(bed.pass(200) == ["15 take(reset)", "30 take(restart)", "60 outOfService"].map(Self.qualified))
        #expect(bed.ladder.tried == [.retry, .reset, .restart])
    }

    @Test(arguments: RepairAction.allCases.filter { $0 != .reset })
    func noRungIsBurntOnWhatNoResetMends(_ action: RepairAction) {
        var bed = Bed()
        bed.told(DeviceStatus(state: .needsTechnician, fault: DeviceFault(code: "test.fault", action: action, detail: "")))
        #expect(bed.pass(86_400) == ["15 outOfService"])
        #expect(bed.ladder.tried.isEmpty)
    }

    /// Its host has been replaced each time.
    @Test(arguments: [false, true])
    func aDeviceThatHangsItsHostHasItsPortResetNext(_ hasPort: Bool) {
        var bed = Bed(hasPort: hasPort)
        let hung = DeviceFault(code: "link.host-hung", action: .reset, detail: "")
        bed.ladder.told(.fault(hung), at: bed.now)
        #expect(bed.pass(100) == [] && bed.ladder.tried == [.retry, .restart])
        bed.ladder.told(.fault(hung), at: bed.now)
        if hasPort {
            #expect(bed.pass(100) == [Self.qualified("100 take(port)")])
            bed.ladder.told(.fault(hung), at: bed.now)
        }
        #expect(bed.pass(0) == [hasPort ? "200 outOfService" : "100 outOfService"])
        #expect(bed.ladder.withheld?.code == "link.host-hung")
    }

    @Test func hostsThatKeepDyingHaveTheirPortResetOnce() {
        let failing = DeviceStatus(state: .offline, fault: DeviceFault(code: "link.host-failing", action: .reset, detail: "ended 5 times"))
        var bed = Bed()
        bed.told(failing)
        #expect(bed.pass(86_400) == [Self.qualified("15 take(port)"), "45 outOfService"])
        #expect(bed.ladder.tried == [.restart, .port])
        bed = Bed()
        bed.told(failing)
        #expect(bed.pass(15) == [Self.qualified("15 take(port)")])
        bed.ladder.skip(.port, at: bed.now)
        #expect(bed.pass(0) == ["15 outOfService"] && bed.ladder.tried == [.restart])
    }

    @Test func aFaultThatPassesCostsNothing() {
        var bed = Bed()
        bed.told(Self.wedged)
        #expect(bed.pass(5) == [])
        bed.told(Self.ready)
        #expect(bed.pass(60) == ["15 inService"])
        #expect(bed.ladder.fault == nil && bed.ladder.due == nil)
    }

    @Test func itIsInServiceAgainOnceItHasBeenWellForAWhile() {
        var bed = Bed()
        bed.told(Self.empty)
        #expect(bed.pass(20) == ["15 outOfService"])
        bed.told(Self.ready)
        #expect(bed.pass(9) == [])
        #expect(bed.pass(1) == ["30 inService"])
    }

    @Test func aTicketFollowsTheFault() {
        var bed = Bed()
        bed.told(Self.empty)
        #expect(bed.pass(20) == ["15 outOfService"])
        bed.told(Self.wedged)
        #expect(bed.ladder.fault?.code == "reader.timeout")
        // Told at once; and what a reset may mend now is climbed.
        #expect(
            bed.pass(100)
                == ["20 outOfService", "35 take(reset)", "50 take(restart)", "80 take(port)", "110 outOfService"].dropLast().map(Self.qualified))
    }

    /// Somebody looks for the right socket: the device is offered whenever it is there, and its trouble is over once it stays.
    @Test func whoeverPlugsItInAgainAndAgainIsServedAtOnce() {
        var bed = Bed()
        for _ in 0..<10 {
            bed.told(Self.gone)
            #expect(bed.pass(4) == [])
            bed.told(Self.ready)
            #expect(bed.ladder.withheld == nil)
            #expect(bed.pass(1) == [])
        }
        #expect(bed.pass(10) == ["59 inService"])
        #expect(bed.ladder.fault == nil)
    }

    /// One bad contact a minute isn't flapping, for however long.
    @Test func goingNowAndThenIsntFlapping() {
        var bed = Bed()
        for _ in 0..<100 {
            bed.told(Self.gone)
            #expect(bed.pass(1) == [])
            bed.told(Self.ready)
            #expect(bed.ladder.withheld == nil)
            #expect(bed.pass(30).count == 1)
            #expect(bed.ladder.fault == nil)
        }
    }

    /// Also with quiet between: every quarter of a minute, with ten seconds of health each time.
    @Test func goingAgainAndAgainIsFlappingAlsoWhenItWasWellBetween() {
        var bed = Bed()
        var seen: [String] = []
        for _ in 0..<20 {
            bed.told(Self.gone)
            seen += bed.pass(2)
            bed.told(Self.ready)
            seen += bed.pass(13)
        }
        #expect(seen.filter { $0.hasSuffix("held") } == ["150 held"])
        #expect(bed.ladder.withheld?.code == "reader.absent")
        #expect(bed.pass(60).last?.hasSuffix("inService") == true)
        bed.told(Self.gone)
        bed.told(Self.ready)
        #expect(bed.ladder.withheld == nil, "counted anew after a quiet minute")
    }

    /// Absent and ready twenty times a minute: no action but the ticket, and the device is withheld until it has been steady.
    @Test func aFlappingDeviceIsWithheldAndCostsNothing() {
        var bed = Bed()
        var seen: [String] = []
        for _ in 0..<1000 {
            bed.told(Self.gone)
            seen += bed.pass(1)
            bed.told(Self.ready)
            seen += bed.pass(2)
        }
        #expect(seen == ["30 held", "42 outOfService"])
        #expect(bed.ladder.withheld?.code == "reader.absent")
        #expect(bed.pass(57) == [])
        #expect(bed.ladder.withheld != nil)
        #expect(bed.pass(1).last == "3058 inService")
        #expect(bed.ladder.withheld == nil)
    }

    /// One that a reset may mend climbs while it flaps, once, and once more an hour later.
    @Test func flappingClimbsBoundedly() {
        var bed = Bed()
        var seen: [String] = []
        for _ in 0..<3500 {
            bed.told(Self.wedged)
            bed.told(Self.ready)
            seen += bed.pass(1)
            bed.told(Self.wedged)
            seen += bed.pass(0)
        }
        #expect(seen.count == 5 && seen.filter { $0.hasSuffix("held") }.count == 1, "\(seen)")
    }

    @Test func aTechniciansResetEndsWhatHoldsADeviceBack() {
        var bed = Bed()
        for _ in 0..<12 {
            bed.told(Self.gone)
            bed.told(Self.ready)
        }
        #expect(bed.ladder.withheld != nil)
        bed.ladder.forgive()
        #expect(bed.ladder.withheld == nil && bed.ladder.fault == nil)
        #expect(bed.pass(100) == [])
        bed.told(Self.gone)
        bed.ladder.forgive()
        #expect(bed.ladder.fault != nil, "nobody can forgive what isn't there")
    }

    @Test func aCommandThatFailsOnceIsOnlyTriedAgain() {
        var bed = Bed()
        bed.failed()
        bed.told(Self.ready)
        #expect(bed.pass(3600) == [])
        bed.succeeded()
        _ = bed.pass(0)
        #expect(bed.ladder.fault == nil)
    }

    @Test func commandsThatKeepFailingClimbAndAreWithheldUntilATrial() {
        var bed = Bed()
        bed.failed()
        #expect(bed.pass(1) == [])
        for rung in ["take(reset)", "take(restart)", "take(port)", "outOfService"] {
            #expect(bed.ladder.withheld == nil)
            bed.failed()
            #expect(bed.pass(0) == [Self.qualified("1 \(rung)")])
        }
        #expect(bed.ladder.withheld?.code == "reader.timeout")
        bed.told(Self.ready)
        #expect(bed.pass(600) == ["601 trial"])
        #expect(bed.ladder.withheld == nil, "the next citizen may try")
        bed.failed()
        _ = bed.pass(0)
        #expect(bed.ladder.withheld != nil)
        #expect(bed.pass(600).last == "1201 trial")
        bed.succeeded()
        #expect(bed.pass(0) == ["1201 inService"])
    }

    /// That a device calls itself ready says nothing of its commands, whatever it said in between.
    @Test func failingCommandsAreForgottenOnlyForOneThatSucceeds() {
        var bed = Bed()
        for _ in 0..<5 {
            bed.failed()
            _ = bed.pass(0)
        }
        #expect(bed.ladder.withheld != nil && bed.ladder.failsCommands)
        bed.told(Self.gone)
        _ = bed.pass(20)
        bed.told(Self.ready)
        let day = bed.pass(86_400)
        #expect(day == ["30 trial"], "\(day)")
        #expect(bed.ladder.withheld == nil && bed.ladder.failsCommands)
        bed.succeeded()
        #expect(bed.pass(0).last?.hasSuffix("inService") == true)
        #expect(bed.ladder.fault == nil)
    }

    @Test func whatIsRememberedOfFailingCommandsStaysUntilOneSucceeds() throws {
        var bed = Bed()
        bed.ladder.remember(try #require(Self.wedged.fault), tried: [.retry, .reset])
        bed.told(Self.ready)
        #expect(bed.pass(3600) == [])
        #expect(bed.ladder.withheld == nil && bed.ladder.failsCommands, "it is offered")
        bed.failed()
        #expect(bed.pass(0) == [Self.qualified("3600 take(reset)")])
        bed.succeeded()
        #expect(bed.pass(0) == ["3600 inService"])
    }

    @Test(arguments: ["link.busy", "link.deadline", "link.host-died", "link.host-absent"])
    func faultsOfTheLinkAreNoneOfTheDevice(_ code: String) {
        var bed = Bed()
        for _ in 0..<9 { bed.ladder.told(.fault(DeviceFault(code: code, action: .reset, detail: "")), at: bed.now) }
        #expect(bed.ladder.fault == nil)
        #expect(bed.pass(100) == [])
    }

    @Test func aRungThatIsInTheWayComesLater() {
        var bed = Bed()
        bed.told(Self.wedged)
        #expect(bed.pass(30).last == Self.qualified("30 take(restart)"))
        bed.ladder.postpone(.restart, at: bed.now)
        #expect(bed.ladder.tried == [.retry, .reset])
        #expect(bed.pass(10) == [Self.qualified("40 take(restart)")])
    }

    private static func qualified(_ text: String) -> String {
        guard let open = text.firstIndex(of: "(") else { return text }
        let name = "LocalAPI.DeviceTicket.Rung."
        return text[...open] + name + text[text.index(after: open)...]
    }
}
