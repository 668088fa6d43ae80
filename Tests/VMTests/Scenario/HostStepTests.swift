import Foundation
import Testing

@testable import vm_agent

/// What `cancel` and `run` demand of a host, with one that does as it is told.
@Suite(.timeLimit(.minutes(3)))
struct HostStepTests {
    private static let host = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(
        path: "test-device-host")

    private func run(_ steps: String, deaf milliseconds: Int) async throws {
        let scratch = URL(filePath: "/tmp/scenario-\(UUID().uuidString.prefix(8))", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let kinds = [DeviceKind(name: "worker", isDevice: false) { _, _ in WorkerDevice() }]
        let text = "device it worker\nhost it keypad deaf=\(milliseconds)\n\(steps)"
        let scenario = try ScenarioParser.parse(text, file: "test.scenario", kinds: kinds.map(\.name))
        let place = VMPlace(
            payload: scratch, host: Self.host.path, scratch: scratch, pollInterval: .milliseconds(500), log: { _ in }, send: { _ in })
        _ = try await ScenarioRun(scenario, file: "test.scenario", place: place, kinds: kinds).run()
    }

    @Test func aCancelThatIsNoticedLeavesTheHostFree() async throws {
        try await run("begin it readKeys\ncancel it\nbegin it readKeys\ncancel it", deaf: 200)
    }

    /// Before the kiosk would replace the host for it, after 2 s.
    @Test func aCancelThatIsNoticedTooLateIsAFailure() async throws {
        let error = try #require(
            await #expect(throws: ScenarioError.self) { try await run("begin it readKeys\ncancel it", deaf: 1600) })
        #expect(error.line == 4 && error.message.contains("to be free after a cancel"), "\(error)")
    }

    @Test func aCommandThatOutlastsItsDeadlineIsAFailure() async throws {
        try await run("run it readKeys -> done within 1", deaf: 0)
        let error = try #require(
            await #expect(throws: ScenarioError.self) { try await run("run it readKeys -> done within 1", deaf: 5000) })
        #expect(error.line == 3, "\(error)")
    }
}
