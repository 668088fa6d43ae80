import DeviceLink
import Foundation
import KioskModel
@testable import KioskRuntime
import LocalAPI
import Synchronization
import Testing

/// Real hosts whose device is wedged; the ladder goes by a clock of the test's, so that no machine is too slow for it.
@Suite(.timeLimit(.minutes(3)))
struct DeviceCareTests {
    let clock = HandClock()

    var timing: DeviceTiming {
        var timing = DeviceTiming()
        timing.clock = clock
        return timing
    }

    /// A file that keeps the scripted device offline while it is there.
    struct Wedge {
        let path = "/tmp/wedge-\(UUID().uuidString.prefix(8))"

        func drive() { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        func pull() { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Ports that mend the device, or refuse to.
    final class Ports: PortResetter {
        struct Refused: Error {}

        let wedge: Wedge?
        private let seen = Mutex<[USBDevice]>([])
        var resets: [USBDevice] { seen.withLock { $0 } }

        init(mending wedge: Wedge?) {
            self.wedge = wedge
        }

        func device(at path: String) throws -> USBDevice { USBDevice(path: path, vendor: "0400", product: "c35a", serial: nil) }

        func reset(_ device: USBDevice) async throws {
            seen.withLock { $0.append(device) }
            guard let wedge else { throw Refused() }
            wedge.pull()
        }
    }

    @Test func aDeviceThatAResetMendsGetsNoFurther() async throws {
        let (wedge, records) = (Wedge(), RecordsDouble())
        wedge.drive()
        defer { wedge.pull() }
        let spec = SupervisorBed.worker(["wedge": wedge.path, "mend": "reset"])
        try await SupervisorBed.run([spec], timing: timing, records: records) { bed in
            try await bed.report { $0.fault?.code == "test.wedged" }
            // Once, for the first rung: were there need of another, its time would never come.
            clock.advance(by: .seconds(15))
            let report = try await bed.report { $0.state == .ready }
            #expect(report.restarts == 0 && report.ticket == nil)
            #expect(bed.journal.lines.contains { $0.contains(#""rung": reset"#) })
            #expect(!bed.journal.lines.contains { $0.contains(#""rung": restart"#) })
        }
        #expect(records.state.withLock { $0.tickets.isEmpty })
    }

    @Test func theLastRungResetsThePortThatTheDeviceWasOn() async throws {
        let wedge = Wedge()
        defer { wedge.pull() }
        let ports = Ports(mending: wedge)
        let spec = SupervisorBed.worker(["wedge": wedge.path, "usb": "1-2.4"])
        try await SupervisorBed.run([spec], timing: timing, ports: ports) { bed in
            _ = try await bed.runningPID()
            wedge.drive()
            try await bed.report { $0.fault?.code == "test.wedged" }
            // No further than to the port: the host's next look takes longer than the clock does.
            try await bed.wait("the port's reset", advancing: clock) { !ports.resets.isEmpty }
            let report = try await bed.report { $0.state == .ready && $0.restarts == 1 }
            #expect(report.ticket == nil)
            #expect(ports.resets == [USBDevice(path: "1-2.4", vendor: "0400", product: "c35a", serial: nil)])
        }
    }

    @Test func whatNothingMendsGetsATicketUntilItIsWell() async throws {
        let (wedge, records) = (Wedge(), RecordsDouble())
        wedge.drive()
        defer { wedge.pull() }
        let before = Date()
        try await SupervisorBed.run([SupervisorBed.worker(["wedge": wedge.path])], timing: timing, records: records) { bed in
            let report = try await bed.report(advancing: clock) { $0.ticket != nil }
            let ticket = try #require(report.ticket)
            #expect(ticket.device == "worker" && ticket.fault.code == "test.wedged")
            #expect(ticket.tried == [.retry, .reset, .restart])
            #expect(ticket.firstSeen >= before && ticket.firstSeen <= Date())
            #expect(ticket.id.uuidString.dropFirst(14).first == "7")
            wedge.pull()
            try await bed.report(advancing: clock) { $0.state == .ready && $0.ticket == nil }
            try await bed.records(records) { $0.closed == [ticket.id] }
            #expect(records.state.withLock { $0.tickets } == [ticket])
        }
    }

    /// The kiosk ends the host itself: whoever asks before that is noticed waits for the next one.
    @Test func noCommandIsLostToARestartOfTheLadder() async throws {
        let wedge = Wedge()
        wedge.drive()
        defer { wedge.pull() }
        try await SupervisorBed.run([SupervisorBed.worker(["wedge": wedge.path])], timing: timing) { bed in
            let end = ContinuousClock.now + .seconds(60)
            while !bed.journal.lines.contains(where: { $0.contains(#""rung": restart"#) }) {
                try #require(ContinuousClock.now < end, "the ladder got no further")
                clock.advance(by: .seconds(1))
                await Task.yield()
            }
            repeat {
                #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            } while await bed.supervisor.reports[0].restarts == 0 && ContinuousClock.now < end
        }
    }

    @Test func aTicketOutlivesKioskdAndEndsWithTheFault() async throws {
        let ticket = DeviceTicket(
            id: UUID(), device: "worker", fault: DeviceFault(code: "test.wedged", action: .reset, detail: "doesn't answer"),
            firstSeen: Date(timeIntervalSince1970: 1_800_000_000), tried: [.retry])
        let wedge = Wedge()
        wedge.drive()
        defer { wedge.pull() }
        let history = DeviceHistory(counters: DeviceCounters(uses: 7, failures: 1, busyMilliseconds: 700), ticket: ticket)
        let records = RecordsDouble(["worker": history])
        try await SupervisorBed.run([SupervisorBed.worker(["wedge": wedge.path])], timing: timing, records: records) { bed in
            let report = try await bed.report { $0.fault?.code == "test.wedged" }
            #expect(report.ticket?.id == ticket.id)
            #expect((report.uses, report.failures, report.meanMilliseconds) == (7, 1, 100))
            wedge.pull()
            try await bed.report(advancing: clock) { $0.state == .ready && $0.ticket == nil }
            try await bed.records(records) { $0.closed == [ticket.id] }
        }
    }

    @Test func usesAndFailuresAreCountedAndWrittenBeforeTheEnd() async throws {
        let records = RecordsDouble()
        try await SupervisorBed.run([SupervisorBed.worker()], timing: timing, records: records) { bed in
            #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            #expect(await bed.obey("fault").completion.faultCode == "test.fault")
            let report = try await bed.report { $0.uses == 2 }
            #expect(report.failures == 1 && report.meanMilliseconds != nil)
            #expect(records.state.withLock { $0.counters.isEmpty }, "counts are written in batches")
        }
        let counted = try #require(records.state.withLock { $0.counters["worker"] })
        #expect(counted.uses == 2 && counted.failures == 1)
    }

    /// Citizens who give up on a device that hangs don't hide that it does.
    @Test func aDeviceThatHangsUnderCancelledCommandsIsOutOfService() async throws {
        let records = RecordsDouble()
        try await SupervisorBed.run([SupervisorBed.worker()], timing: timing, records: records) { bed in
            for count in 1...2 {
                let work = await bed.begin("hang")
                work.cancel()
                #expect(await work.value.completion == .cancelled)
                try await bed.report { $0.failures == count }
            }
            let report = try await bed.report { $0.ticket != nil }
            #expect(report.ticket?.fault.code == "link.host-hung" && report.ticket?.failsCommands == true)
            try await bed.report { $0.state == .offline && $0.fault?.code == "link.host-hung" }
            #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            try await bed.report { $0.state == .ready && $0.ticket == nil }
        }
    }

    @Test func aDoorIsWrittenDownBeforeItOpens() async throws {
        let records = RecordsDouble()
        let locker = DeviceSpec(name: "locker", deviceClass: .locker)
        try await SupervisorBed.run([locker], records: records) { bed in
            let opened = await bed.supervisor.perform(.openDoor(3), on: "locker", deadline: .seconds(20))
            guard case .success(.doors) = opened.completion else {
                Issue.record("\(opened.completion)")
                return
            }
            let died = await bed.supervisor.perform(.openDoor(66), on: "locker", deadline: .seconds(20))
            #expect(died.completion.faultCode == "link.host-died")
            let acts = records.state.withLock { $0.acts }
            #expect(acts.map(\.act) == [.opening(door: 3), .opening(door: 66)])
            #expect(acts.map { $0.facts.compactMap(\.outcome) } == [["done"], ["fault link.host-died"]])
        }
    }

    @Test func withoutARecordNoDoorOpens() async throws {
        let records = RecordsDouble(isBroken: true)
        try await SupervisorBed.run([DeviceSpec(name: "locker", deviceClass: .locker)], records: records) { bed in
            try await bed.report { $0.state == .ready }
            #expect(await bed.supervisor.perform(.openDoor(66), on: "locker", deadline: .seconds(20)).completion.faultCode == "link.unrecorded")
            #expect(await bed.supervisor.reports[0].restarts == 0, "door 66 would have ended the host")
            // Asking how the doors are needs no record.
            #expect(await bed.supervisor.perform(.queryDoors, on: "locker", deadline: .seconds(20)).completion.faultCode == "test.unknown")
        }
    }

    @Test func recordsThatFailAreShownUntilTheyTakeSomethingAgain() async throws {
        let records = RecordsDouble(isBroken: true)
        try await SupervisorBed.run([DeviceSpec(name: "locker", deviceClass: .locker)], timing: timing, records: records) { bed in
            try await bed.report { $0.state == .ready }
            #expect(await bed.supervisor.perform(.openDoor(3), on: "locker", deadline: .seconds(20)).completion.faultCode == "link.unrecorded")
            try await bed.report { $0.state == .needsTechnician && $0.fault?.code == "link.unrecorded" }
            records.state.withLock { $0.isBroken = false }
            try await bed.report(advancing: clock) { $0.state == .ready && $0.fault == nil }
        }
    }

    @Test func aResetAnswersWithWhatTheDeviceIsThen() async throws {
        let wedge = Wedge()
        wedge.drive()
        defer { wedge.pull() }
        try await SupervisorBed.run([SupervisorBed.worker(["wedge": wedge.path])]) { bed in
            try await bed.report { $0.fault?.code == "test.wedged" }
            #expect(await bed.supervisor.reset("worker").completion.faultCode == "test.wedged")
            wedge.pull()
            #expect(await bed.supervisor.reset("worker").completion == .success(.done))
            #expect(await bed.supervisor.reports[0].state == .ready)
        }
    }

    @Test func aPortThatMayNotBeResetIsNoRung() async throws {
        let wedge = Wedge()
        defer { wedge.pull() }
        let ports = Ports(mending: nil)
        let spec = SupervisorBed.worker(["wedge": wedge.path, "usb": "1-2.4"])
        try await SupervisorBed.run([spec], timing: timing, ports: ports) { bed in
            _ = try await bed.runningPID()
            wedge.drive()
            let report = try await bed.report(advancing: clock) { $0.ticket != nil }
            let ticket = try #require(report.ticket)
            #expect(ports.resets.count == 1 && ticket.tried == [.retry, .reset, .restart])
        }
    }

    @Test func aRecordingComesOverTheLinkAndAResetLosesIt() async throws {
        try await SupervisorBed.run([DeviceSpec(name: "locker", deviceClass: .locker)]) { bed in
            #expect(await bed.supervisor.perform(.beginRecording, on: "locker", deadline: .seconds(20)).completion == .success(.done))
            let recording = await bed.supervisor.perform(.endRecording, on: "locker", deadline: .seconds(20))
            let text = try recording.files.first?.withBytes { Array($0) }
            #expect(text == Array("# scripted\n".utf8))
            #expect(await bed.supervisor.perform(.beginRecording, on: "locker", deadline: .seconds(20)).completion == .success(.done))
            #expect(await bed.supervisor.reset("locker").completion == .success(.done))
            let lost = await bed.supervisor.perform(.endRecording, on: "locker", deadline: .seconds(20))
            #expect(lost.completion.faultCode == "test.not-recording")
        }
    }

    /// Whoever began it is gone: the host ends it, and nothing of it is handed over.
    @Test func aRecordingThatNobodyEndsIsEnded() async throws {
        try await SupervisorBed.run([DeviceSpec(name: "locker", deviceClass: .locker, options: ["recordingLimit": "0"])]) { bed in
            #expect(await bed.supervisor.perform(.beginRecording, on: "locker", deadline: .seconds(20)).completion == .success(.done))
            let late = await bed.supervisor.perform(.endRecording, on: "locker", deadline: .seconds(20))
            #expect(late.completion.faultCode == "test.not-recording" && late.files.isEmpty)
        }
    }

    /// A disk that hangs costs the citizen the deadline of the one command, and whoever leaves doesn't wait for it.
    @Test func aDiskThatHangsHoldsNobody() async throws {
        let records = RecordsDouble()
        let gate = records.hang()
        try await SupervisorBed.run([DeviceSpec(name: "locker", deviceClass: .locker)], timing: timing, records: records) { bed in
            try await bed.report { $0.state == .ready }
            let late = await bed.supervisor.perform(.openDoor(66), on: "locker", deadline: .milliseconds(200))
            #expect(late.completion.faultCode == "link.unrecorded")
            let left = Task { await bed.supervisor.perform(.openDoor(66), on: "locker", deadline: .seconds(3600)).completion }
            left.cancel()
            #expect(await left.value == .cancelled)
            #expect(await bed.supervisor.reports[0].restarts == 0, "door 66 would have ended the host")
            gate.open()
            // Written after all: it says that nothing was opened.
            try await bed.records(records) { state in
                state.acts.count == 2 && state.acts.allSatisfy { $0.facts.compactMap(\.outcome) == ["cancelled"] }
            }
            try await bed.report(advancing: clock) { $0.state == .ready && $0.fault == nil }
        }
    }

    /// What was counted while nothing could be written isn't lost.
    @Test func countsAreWrittenOnceTheyCanBe() async throws {
        let records = RecordsDouble(isBroken: true)
        try await SupervisorBed.run([SupervisorBed.worker()], timing: timing, records: records) { bed in
            #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            try await bed.report { $0.uses == 1 }
            try await bed.wait("the failed write", advancing: clock) { bed.journal.lines.contains { $0.contains("can't be written") } }
            records.state.withLock { $0.isBroken = false }
            #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            try await bed.wait("the counts", advancing: clock) { records.state.withLock { $0.counters["worker"]?.uses == 2 } }
        }
    }

    /// A kioskd that starts anew finds a device which calls itself ready, as it always did.
    @Test func aTicketOfFailingCommandsStaysUntilOneSucceeds() async throws {
        let ticket = DeviceTicket(
            id: UUID(), device: "worker", fault: DeviceFault(code: "test.wedged", action: .reset, detail: "doesn't answer"),
            firstSeen: Date(timeIntervalSince1970: 1_800_000_000), tried: [.retry, .reset], failsCommands: true)
        for isReset in [false, true] {
            let records = RecordsDouble(["worker": DeviceHistory(ticket: ticket)])
            try await SupervisorBed.run([SupervisorBed.worker()], timing: timing, records: records) { bed in
                try await bed.report { $0.state == .ready }
                for _ in 0..<100 {
                    clock.advance(by: .seconds(60))
                    await Task.yield()
                }
                #expect(await bed.obey("unknown").completion.faultCode == "test.unknown")
                #expect(await bed.supervisor.reports[0].ticket?.id == ticket.id)
                #expect(records.state.withLock { $0.closed.isEmpty })
                if isReset {
                    #expect(await bed.supervisor.reset("worker").completion == .success(.done))
                } else {
                    #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
                }
                try await bed.report { $0.ticket == nil }
                try await bed.records(records) { $0.closed == [ticket.id] }
            }
        }
    }

    @Test func aPrintLeavesItsReferenceAndItsSheets() async throws {
        let records = RecordsDouble()
        try await SupervisorBed.run([DeviceSpec(name: "printer", deviceClass: .printer)], records: records) { bed in
            let file = try MemoryFile.copying([1, 2, 3])
            let outcome = await bed.supervisor.perform(
                .print(PrintRequest(title: "WH-2027-0001")), on: "printer", files: [file], deadline: .seconds(20))
            #expect(outcome.completion == .success(.printed(sheets: 3)))
            let act = try #require(records.state.withLock { $0.acts.first })
            #expect(act.act == .printing(reference: "WH-2027-0001"))
            #expect(act.facts.contains(.accepted))
            #expect(act.facts.contains { if case .ended("done", 3, _) = $0 { true } else { false } })
        }
    }

    @Test func paperIsTakenWhenItWasSeenInTheMouthAndIsGone() {
        let inMouth = DeviceStatus(state: .ready, conditions: [DeviceCondition(.paperInMouth)])
        let free = DeviceStatus(state: .ready)
        let job = UUID()
        var watch = PaperWatch()
        watch.printed(job)
        #expect(watch.told(free) == nil, "a printer without a sensor")
        #expect(watch.told(inMouth) == nil)
        #expect(watch.told(DeviceStatus(state: .offline)) == nil)
        #expect(watch.told(free) == job)
        #expect(watch.told(free) == nil)
        // The status may come before the completion.
        #expect(watch.told(inMouth) == nil)
        watch.printed(job)
        #expect(watch.told(free) == job)
        watch.printed(job)
        #expect(watch.told(inMouth) == nil)
        watch.hostEnded()
        #expect(watch.told(free) == nil, "nobody saw what happened meanwhile")
    }
}

extension DeviceAct.Fact {
    fileprivate var outcome: String? {
        if case .ended(let outcome, _, _) = self { outcome } else { nil }
    }
}

extension SupervisorBed {
    /// Waits until a report fits, while the clock goes on.
    @discardableResult
    fileprivate func report(advancing clock: HandClock, where fits: @escaping @Sendable (DeviceReport) -> Bool) async throws -> DeviceReport {
        let ticking = Task {
            while !Task.isCancelled {
                clock.advance(by: .seconds(1))
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        defer { ticking.cancel() }
        return try await report(where: fits)
    }

    fileprivate func wait(_ what: Comment, advancing clock: HandClock, until isSo: @Sendable () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while !isSo() {
            try #require(ContinuousClock.now < end, what)
            clock.advance(by: .seconds(1))
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits until the records fit.
    fileprivate func records(_ records: RecordsDouble, where fits: @Sendable (RecordsDouble.State) -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while !fits(records.state.withLock { $0 }) {
            guard ContinuousClock.now < end else { throw NeverCame(reports: await supervisor.reports, journal: journal.lines) }
            await Task.yield()
        }
    }
}
