import DeviceLink
import Foundation
import KioskModel
@testable import KioskRuntime
import LocalAPI
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3)))
struct SupervisorTests {
    private let receipt = Completion.success(.document(DocumentInfo(mediaType: "application/pdf", byteCount: 8, pageCount: 1)))

    @Test func aCommandReturnsItsResultAndFile() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let outcome = await bed.obey("succeed")
            #expect(outcome.completion == receipt)
            #expect(try outcome.files.map { try $0.withBytes { String(decoding: $0, as: UTF8.self) } } == ["%PDF-1.4"])
            let report = try await bed.report { $0.state == .ready }
            #expect(report.identity == ["model": "scripted"])
            #expect(report.restarts == 0)
            #expect(report.lastExit == nil)
        }
    }

    @Test func pagesArriveInOrderBeforeTheResult() async throws {
        try await SupervisorBed.run([SupervisorBed.scanner()]) { bed in
            let seen = Mutex<[(Int, UInt8)]>([])
            let outcome = await bed.supervisor.perform(.scan(ScanRequest(maxPages: 12)), on: "scanner", deadline: .seconds(20)) { progress, files in
                guard case .page(let image) = progress, let file = files.first else { return }
                let first = try? file.withBytes { $0[0] }
                seen.withLock { $0.append((image.index, first ?? 255)) }
            }
            #expect(outcome.completion == .success(.scanned(pages: 12)))
            #expect(seen.withLock { $0.map(\.0) } == Array(0..<12))
            #expect(seen.withLock { $0.map(\.1) } == Array(0..<12))
        }
    }

    @Test func aFileReachesTheDriver() async throws {
        try await SupervisorBed.run([DeviceSpec(name: "printer", deviceClass: .printer)]) { bed in
            let file = try MemoryFile.copying([1, 2, 3])
            let reasons = Mutex<[String]>([])
            let outcome = await bed.supervisor.perform(
                .print(PrintRequest(title: "T")), on: "printer", files: [file], deadline: .seconds(20)
            ) { progress, _ in
                if case .printing(let printing) = progress { reasons.withLock { $0 = printing.reasons } }
            }
            #expect(outcome.completion == .success(.printed(sheets: 3)))
            // What a printer says is cleaned by its host: kioskd would cut the link.
            #expect(reasons.withLock { $0 } == ["none", "a b", String(repeating: "x", count: LinkText.maxReason)])
        }
    }

    @Test func remediesAndFaultsComeThrough() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            guard case .fault(let fault) = await bed.obey("fault").completion else {
                Issue.record("not a fault")
                return
            }
            #expect(fault.code == "test.fault")
            #expect(fault.action == .refill)
            #expect(fault.detail.hasPrefix("line one line two x") && fault.detail.utf8.count == LinkText.maxDetail)
            #expect(await bed.supervisor.reports[0].restarts == 0)
        }
    }

    @Test func anUnexpectedErrorIsNamedWithoutItsContent() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let completion = await bed.obey("surprise").completion
            #expect(completion.faultCode == "link.internal")
            #expect(!"\(completion)".contains("110101"))
            #expect(!bed.journal.lines.joined().contains("110101"))
        }
    }

    @Test func aChattyDriverIsThrottledByItsOwnHost() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            #expect(await bed.obey("fractions").completion == receipt)
        }
    }

    @Test func cancellationAnswersAtOnceAndFreesTheDevice() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            let task = await bed.begin("until-cancelled")
            task.cancel()
            #expect(await task.value.completion == .cancelled)
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid == pid, "a host that was cancelled must not be replaced")
        }
    }

    /// A silent device makes its polls long.
    @Test func whatWaitsForTheEndOfAPollIsCancelledAtOnce() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "poll-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        var spec = SupervisorBed.worker(["poll-file": file.path])
        spec.pollInterval = .milliseconds(100)
        try await SupervisorBed.run([spec]) { bed in
            let pid = try await bed.runningPID()
            while !FileManager.default.fileExists(atPath: file.path) { try await Task.sleep(for: .milliseconds(10)) }
            let task = Task { await bed.obey("succeed") }
            try await bed.report { $0.state == .busy }
            task.cancel()
            #expect(await task.value.completion == .cancelled)
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid == pid, "a host that was only polling must not be replaced")
        }
    }

    @Test func aDriverMayLetTheDeadlinePassInGoodOrder() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            #expect(await bed.obey("until-deadline", deadline: .milliseconds(300)).completion == .fault(.deadlinePassed))
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid == pid)
        }
    }

    @Test func aHostThatIgnoresACancelIsReplaced() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            let task = await bed.begin("hang")
            task.cancel()
            #expect(await task.value.completion == .cancelled)
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid != pid)
        }
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            let outcome = await withTaskGroup(of: DeviceOutcome.self) { group in
                group.cancelAll()
                group.addTask { await bed.obey("crash") }
                return await group.next()
            }
            #expect(outcome?.completion == .cancelled)
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid == pid)
        }
    }

    @Test func aHungDriverIsEndedByItsOwnWatchdogAndReplaced() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()], timing: DeviceTiming()) { bed in
            _ = try await bed.runningPID()
            #expect(await bed.obey("hang", deadline: .seconds(1)).completion.faultCode == "link.host-hung")
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].lastExit == "watchdog")
        }
    }

    @Test func aCrashCostsOneRetry() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let clock = ContinuousClock.now
            #expect(await bed.obey("crash").completion.faultCode == "link.host-died")
            #expect(ContinuousClock.now - clock < .seconds(15), "a death is known long before the deadline")
            #expect(await bed.obey("succeed").completion == receipt)
            let report = await bed.supervisor.reports[0]
            #expect(report.lastExit == "signal 6")
            #expect(report.restarts == 1)
        }
    }

    @Test func sigkillDuringACommandCostsOneRetry() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            let work = await bed.begin("until-cancelled")
            #expect(kill(pid, SIGKILL) == 0)
            #expect(await work.value.completion.faultCode == "link.host-died")
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].lastExit == "signal 9")
        }
    }

    @Test func aStoppedHostIsKilledWhenItsCommandIsDue() async throws {
        var timing = DeviceTiming()
        timing.heartbeat = .seconds(60)
        try await SupervisorBed.run([SupervisorBed.worker()], timing: timing) { bed in
            let pid = try await bed.runningPID()
            let work = await bed.begin("until-cancelled", deadline: .seconds(1))
            #expect(kill(pid, SIGSTOP) == 0)
            let clock = ContinuousClock.now
            #expect(await work.value.completion.faultCode == "link.host-hung")
            #expect(ContinuousClock.now - clock < .seconds(8))
            #expect(await bed.obey("succeed").completion == receipt)
        }
    }

    @Test func aStoppedIdleHostIsNoticedAndReplaced() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            #expect(kill(pid, SIGSTOP) == 0)
            let report = try await bed.report { $0.restarts == 1 && $0.state == .ready }
            #expect(report.pid != pid)
            #expect(report.lastExit == "signal 9")
            #expect(await bed.obey("succeed").completion == receipt)
        }
    }

    @Test func aHostAtWorkAnswersItsPings() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            let work = await bed.begin("until-cancelled")
            // Waits for its turn as long as seven heartbeats of 0.4 s.
            #expect(await bed.obey("succeed", deadline: .seconds(3)).completion.faultCode == "link.busy")
            work.cancel()
            #expect(await work.value.completion == .cancelled)
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid == pid)
        }
    }

    @Test func callersHaveTheDeviceOneAfterTheOther() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let completions = await withTaskGroup(of: Completion.self) { group in
                for _ in 0..<10 { group.addTask { await bed.obey("succeed").completion } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(completions == Array(repeating: receipt, count: 10))
        }
    }

    @Test func waitingCountsTowardsTheDeadline() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let first = await bed.begin("until-cancelled")
            #expect(await bed.obey("succeed", deadline: .milliseconds(200)).completion.faultCode == "link.busy")
            first.cancel()
            #expect(await first.value.completion == .cancelled)
        }
    }

    @Test func withoutAHostACommandEndsAtItsDeadline() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()], launcher: SpawnLauncher(executable: "/nonexistent/host")) { bed in
            #expect(await bed.obey("succeed", deadline: .milliseconds(300)).completion.faultCode == "link.host-absent")
            let report = try await bed.report { $0.fault != nil }
            #expect(report.fault?.code == "link.launch-failed")
        }
    }

    @Test func aHostThatKeepsDyingIsOutOfService() async throws {
        // /bin/false never says hello.
        try await SupervisorBed.run([SupervisorBed.worker()], launcher: SpawnLauncher(executable: "/bin/false")) { bed in
            let report = try await bed.report { $0.fault?.code == "link.host-failing" }
            #expect(report.state == .offline)
            #expect(report.lastExit == "exit 1")
        }
    }

    @Test func aDriverThatCannotStartIsAFaultNotACrash() async throws {
        try await SupervisorBed.run([SupervisorBed.worker(["broken": "1"])]) { bed in
            let report = try await bed.report { $0.state == .needsTechnician }
            #expect(report.fault?.code == "test.broken")
            #expect(await bed.obey("succeed").completion.faultCode == "test.broken")
            #expect(await bed.supervisor.reports[0].restarts == 0)
        }
    }

    @Test func aHungPollDoesNotKeepACommandPastItsDeadline() async throws {
        try await SupervisorBed.run([SupervisorBed.worker(["poll": "hang"])], timing: DeviceTiming()) { bed in
            // Long enough for the host to come up.
            #expect(await bed.obey("succeed", deadline: .seconds(8)).completion.faultCode == "link.host-hung")
            try await bed.report { $0.lastExit == "watchdog" }
        }
    }

    @Test func commandsThatDoNotFitAreRefusedHere() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            #expect(await bed.supervisor.perform(.awaitCardRemoval, on: "worker", deadline: .seconds(5)).completion.faultCode == "link.bad-request")
            let unknown = await bed.supervisor.perform(.awaitCardRemoval, on: "nobody", deadline: .seconds(5))
            #expect(unknown.completion.faultCode == "link.unknown-device")
            #expect(await bed.obey(String(repeating: "x", count: 70_000)).completion.faultCode == "link.bad-request")
            #expect(await bed.obey("succeed").completion == receipt)
            #expect(await bed.supervisor.reports[0].pid == pid)
        }
    }

    @Test func theHostEndsWithItsSupervisor() async throws {
        let pid = try await SupervisorBed.run([SupervisorBed.worker()]) { try await $0.runningPID() }
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }
}
