import DeviceLink
import Foundation
import KioskModel
@testable import KioskRuntime
import LocalAPI
import Logging
import Synchronization
import Testing

/// A device that keeps failing eats neither the processor nor the journal.
@Suite(.timeLimit(.minutes(2)))
struct CircuitTests {
    /// The pace's own arithmetic over a day of a host that dies at once.
    @Test func aHostThatDiesAtOnceIsStartedBoundedlyOften() {
        var pace = ReplacementPace(stable: .seconds(60))
        var (elapsed, starts, firstHour) = (Duration.zero, 0, 0)
        while elapsed < .seconds(86_400) {
            starts += 1
            if elapsed < .seconds(3600) { firstHour += 1 }
            elapsed += pace.pause(afterUptime: .zero, chance: 0)
        }
        #expect(firstHour <= 36, "\(firstHour)")
        #expect(starts <= 24 * 25, "\(starts)")
        #expect(pace.isBroken)
    }

    @Test func workDoneClosesTheCircuitAtOnce() {
        var pace = ReplacementPace(stable: .seconds(60))
        for _ in 0..<9 { _ = pace.pause(afterUptime: .seconds(1), chance: 1) }
        #expect(pace.isBroken)
        #expect(pace.pause(afterUptime: .seconds(1), didWork: true, chance: 1) == ReplacementPace.first)
        #expect(!pace.isBroken)
    }

    @Test func theJournalOfADeviceIsBoundedAndSaysWhatItLeftOut() {
        let journal = Journal()
        let log = DeviceLog(Logger(label: "test") { _ in journal })
        let start = ContinuousClock.now
        for second in 0..<86_400 { log.say(.error, "again", at: start + .seconds(second)) }
        let most = Int(DeviceLog.burst + 24 * DeviceLog.hourly) + 1
        #expect((600...most).contains(journal.lines.count), "\(journal.lines.count)")
        #expect(journal.lines.last?.contains(#""unsaid": 119"#) == true, "\(journal.lines.last ?? "")")
    }

    /// Real processes that crash at once: the supervisor opens the circuit, starts few of them, says little, and lets a technician try at once.
    @Test func aRealHostThatCrashesAtOnceIsStartedFewTimes() async throws {
        let launcher = CountingLauncher(SpawnLauncher(executable: "/bin/false"))
        try await SupervisorBed.run([SupervisorBed.worker()], launcher: launcher) { bed in
            try await bed.report { $0.fault?.code == "link.host-failing" }
            #expect((5...6).contains(launcher.starts), "\(launcher.starts)")
            let lines = bed.journal.lines.filter { $0.contains("the host ended") }
            #expect(lines.count <= launcher.starts)
            let before = launcher.starts
            _ = await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = await bed.supervisor.reset("worker") }
                group.addTask { _ = try? await bed.report { $0.restarts >= before } }
                await group.next()
                group.cancelAll()
            }
            #expect(launcher.starts == before + 1, "a reset is a trial, at once and one")
        }
    }

    final class CountingLauncher: Launcher {
        private let launcher: any Launcher
        private let count = Mutex(0)
        var starts: Int { count.withLock { $0 } }

        init(_ launcher: any Launcher) {
            self.launcher = launcher
        }

        func launch(_ spec: DeviceSpec, socketPath: String) async throws -> any LaunchedHost {
            count.withLock { $0 += 1 }
            return try await launcher.launch(spec, socketPath: socketPath)
        }
    }
}
