import Bench
import Foundation
import Synchronization
import Testing

@testable import vm_agent

/// `vm-device` as far as it goes without the virtual machine's kernel: what it encodes, what it answers to a wrong command line.
@Suite(.timeLimit(.minutes(2)))
struct VMDeviceProgramTests {
    private static func run(_ arguments: [String]) async throws -> (status: Int32, last: String) {
        let program = try LineProgram(try BenchLayout.built("vm-device"), arguments, log: { _ in })
        defer { program.kill() }
        return try await program.end(within: .seconds(60))
    }

    /// The literals stand in Tests/VM/vm-device/wire/selftest.c.
    @Test func whatBothEndsShareIsAsTheDocumentsSay() async throws {
        let (status, last) = try await Self.run(["self-test"])
        #expect(status == 0)
        #expect(try #require(last.wholeMatch(of: /self-test: (\d+) checks, 0 failed/)).1 != "0")
    }

    @Test(arguments: [
        ["probe-acm", "--lock", "0"], ["probe-acm", "--lock"], ["probe-acm", "--frames", "3"], ["acm", "--name", "a/b"], ["acm", "--name", ""],
        ["nonsense"],
        [],
    ])
    func aWrongCommandLineIsRefused(_ arguments: [String]) async throws {
        #expect(try await Self.run(arguments).status == 64)
    }

    @Test func helpTellsTheExitCodes() async throws {
        let (status, last) = try await Self.run(["--help"])
        #expect(status == 0)
        #expect(last.contains("71"))
    }

    @Test(arguments: ["probe-v4l2", "probe-hidraw", "probe-evdev", "probe-printer", "probe-acm"])
    func aProbeWithoutItsDeviceSaysSoInTime(_ probe: String) async throws {
        let began = ContinuousClock.now
        let (status, last) = try await Self.run([probe, "--name", "not-there", "--deadline", "200"])
        #expect(status == 2)
        #expect(last.contains(": not-found: "), "\(last)")
        #expect(ContinuousClock.now - began >= .milliseconds(200))
    }

    @Test func everyRoleHasItsKind() {
        #expect(DeviceKind.gadgets.map(\.name) == ["vivid", "uvc", "hid", "printer", "acm", "uinput"])
    }

    @Test func anUnknownOptionIsRefused() throws {
        let kind = try #require(DeviceKind.gadgets.first { $0.name == "acm" })
        let place = VMPlace(payload: URL(filePath: "/"), scratch: URL(filePath: "/"), log: { _ in }, send: { _ in })
        #expect(throws: DeviceTrouble.self) { try kind.make(["port": "1"], place) }
    }
}
