import DeviceLink
import Foundation
import KioskModel
@testable import KioskRuntime
import LocalAPI
import Testing

/// Hosts that lie: each is cut off, named in the journal, killed and replaced; the supervisor goes on and loses no descriptor.
@Suite(.timeLimit(.minutes(3)))
struct HostileHostTests {
    struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        let violation: LinkFailure.Violation
        var testDescription: String { name }
    }

    static let unasked: [Lie] = [
        Lie(name: "garbage-hello", violation: .malformed),
        Lie(name: "wrong-version", violation: .hello),
        Lie(name: "wrong-name", violation: .hello),
        Lie(name: "wrong-class", violation: .hello),
        Lie(name: "silent", violation: .hello),
        Lie(name: "garbage", violation: .malformed),
        Lie(name: "unknown-message", violation: .malformed),
        Lie(name: "huge-header", violation: .oversized),
        Lie(name: "deep", violation: .malformed),
        Lie(name: "second-hello", violation: .hello),
        Lie(name: "unasked-pong", violation: .unexpected),
        Lie(name: "unasked-completion", violation: .unexpected),
        Lie(name: "status-file", violation: .fileCount),
        Lie(name: "control-characters", violation: .outOfBounds),
        Lie(name: "flood", violation: .flood),
    ]

    static let answers: [Lie] = [
        Lie(name: "unsealed", violation: .unsealedFile),
        Lie(name: "not-a-memfd", violation: .unsealedFile),
        Lie(name: "wrong-size", violation: .fileSize),
        Lie(name: "no-file", violation: .fileCount),
        Lie(name: "two-files", violation: .fileCount),
        Lie(name: "too-many-files", violation: .oversized),
        Lie(name: "overflow", violation: .outOfBounds),
        Lie(name: "wrong-index", violation: .outOfBounds),
        Lie(name: "wrong-kind", violation: .mismatch),
        Lie(name: "wrong-remedy", violation: .mismatch),
        Lie(name: "wrong-id", violation: .unexpected),
        Lie(name: "uncalled-cancelled", violation: .mismatch),
        Lie(name: "miscounted", violation: .outOfBounds),
        Lie(name: "long-detail", violation: .outOfBounds),
    ]

    static var timing: DeviceTiming {
        var timing = DeviceTiming()
        timing.hello = .milliseconds(800)
        return timing
    }

    @Test(arguments: unasked)
    func aHostThatLiesUnaskedIsCutOff(_ lie: Lie) async throws { try await Self.cutOff(lie) }

    @Test(arguments: answers)
    func aHostThatLiesInItsAnswerIsCutOff(_ lie: Lie) async throws { try await Self.cutOffAnswering(lie) }

    @Test func aHostThatAnswersTwiceIsCutOffAfterTheFirst() async throws { try await Self.cutOffAnsweringTwice() }

    @Test func aHostThatConnectsTwiceIsCutOff() async throws {
        try await SupervisorBed.run([SupervisorBed.scanner(["lie": "second-connection"])]) { bed in
            try await bed.report { $0.lastExit == "signal 9" }
            #expect(bed.journal.lines.contains { $0.contains("connected twice") }, "\(bed.journal.lines)")
        }
    }

    /// An empty datagram can't be told from a closed link.
    @Test func anEmptyDatagramEndsTheLink() async throws {
        try await SupervisorBed.run([SupervisorBed.scanner(["lie": "empty"])], timing: Self.timing) { bed in
            try await bed.report { $0.lastExit == "signal 9" }
        }
    }

    @Test func aStrangerAtTheSocketIsNoHost() async throws {
        try await SupervisorBed.run([SupervisorBed.worker()]) { bed in
            let pid = try await bed.runningPID()
            let stranger = try LinkChannel.connect(to: bed.directory.appending(path: "devices").path)
            try stranger.send(HostMessage.hello(Hello(name: "worker", deviceClass: .imaging)), timeout: .seconds(1))
            #expect(await bed.obey("remedy").completion == .remedy(.scanAgain))
            #expect(await bed.supervisor.reports[0].pid == pid)
            // Nobody has sent the stranger a command.
            #expect(try stranger.receive(KioskMessage.self, timeout: .zero) == nil)
        }
    }

    /// In a process of its own, whose descriptors nobody else opens and closes.
    @Test func noLieCostsADescriptor() async throws {
        await #expect(processExitsWith: .success) {
            try await SupervisorBed.run([SupervisorBed.worker()]) { #expect(await $0.obey("remedy").completion == .remedy(.scanAgain)) }
            let before = Self.descriptors()
            for lie in Self.unasked { try await Self.cutOff(lie) }
            for lie in Self.answers { try await Self.cutOffAnswering(lie) }
            try await Self.cutOffAnsweringTwice()
            try await SupervisorBed.run([SupervisorBed.worker()]) { #expect(await $0.obey("crash").completion.faultCode == "link.host-died") }
            // The last threads let go a moment after the supervisor has ended.
            let end = ContinuousClock.now + .seconds(10)
            while Self.descriptors() > before && ContinuousClock.now < end { await Task.yield() }
            #expect(Self.descriptors() <= before)
        }
    }

    private static func descriptors() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? .max
    }

    private static func cutOff(_ lie: Lie) async throws {
        try await SupervisorBed.run([SupervisorBed.scanner(["lie": lie.name])], timing: timing) { bed in
            let report = try await bed.report { $0.lastExit != nil && $0.restarts >= 1 }
            #expect(report.lastExit == "signal 9")
            expectNamed(lie, bed)
        }
    }

    private static func cutOffAnswering(_ lie: Lie) async throws {
        try await SupervisorBed.run([SupervisorBed.scanner(["lie": lie.name])], timing: timing) { bed in
            let outcome = await bed.supervisor.perform(.scan(ScanRequest(maxPages: 3)), on: "scanner", deadline: .seconds(20))
            #expect(outcome.completion.faultCode == "link.violation")
            #expect(outcome.files.isEmpty)
            let report = try await bed.report { $0.lastExit != nil }
            #expect(report.lastExit == "signal 9")
            expectNamed(lie, bed)
        }
    }

    private static func cutOffAnsweringTwice() async throws {
        try await SupervisorBed.run([SupervisorBed.scanner(["lie": "double-completion"])], timing: timing) { bed in
            let outcome = await bed.supervisor.perform(.scan(ScanRequest(maxPages: 3)), on: "scanner", deadline: .seconds(20))
            #expect(outcome.completion == .success(.scanned(pages: 1)))
            try await bed.report { $0.lastExit == "signal 9" }
            expectNamed(Lie(name: "double-completion", violation: .unexpected), bed)
        }
    }

    private static func expectNamed(_ lie: Lie, _ bed: SupervisorBed) {
        let lines = bed.journal.lines
        // A host that connects and keeps silent is ended by whichever is due first, the session or the unit.
        let isNamed = lines.contains {
            $0.contains("broke the protocol") && $0.contains("\(lie.violation.rawValue)") || lie.name == "silent" && $0.contains("no hello")
        }
        #expect(isNamed, "\(lines)")
    }
}
