import Foundation
import KioskFlow
import KioskRuntime
import Testing

@testable import kioskd

/// kiosk.yaml: what may be left out, and what is said of what is wrong.
@Suite struct ConfigurationTests {
    private static let rest = """
        kiosk: k0001
        dataDirectory: /var/lib/kiosk
        runtimeDirectory: /run/kiosk
        web: { directory: web, strings: strings }
        catalogue: catalogue
        platform: { credential: credential.json PLATFORM }
        deviceHost: kiosk-device
        devices: [{ name: imaging, class: imaging }]
        """

    private func load(_ section: String, platform: String = "") throws -> KioskConfiguration {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("kiosk-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data((Self.rest.replacing("PLATFORM", with: platform) + "\n" + section + "\n").utf8).write(to: file)
        return try ConfigurationFile.load(file.path)
    }

    @Test(arguments: ["", "queue: {}"]) func `without a word of it half a gibibyte is kept free, and nothing is frozen`(section: String) throws {
        #expect(try load(section).queue == .init(quota: nil, reserve: 512 << 20, freeze: nil))
    }

    @Test func `quota and reserve are in MiB, the time to freeze in hours`() throws {
        let queue = try load("queue: { quota: 4096, reserve: 0, freeze: { after: 72, journeys: [upload] } }").queue
        #expect(queue == .init(quota: 4 << 30, reserve: 0, freeze: .init(after: 259_200, journeys: [.upload])))
        #expect(try load("queue: { reserve: 1 }").queue == .init(quota: nil, reserve: 1 << 20, freeze: nil))
    }

    @Test func `the bandwidth is in KiB a second, and what the line takes without a word of it`() throws {
        #expect(try load("").bandwidth == nil)
        #expect(try load("", platform: ", bandwidth: 8").bandwidth == 8192)
        #expect(try load("", platform: ", bandwidth: 1048576").bandwidth == 1 << 30)
    }

    @Test(arguments: [7, 0, -1, 1_048_577]) func `a bandwidth that is none is said to be none`(rate: Int) throws {
        let problem = try #require(#expect(throws: ConfigurationFile.Problem.self) { try load("", platform: ", bandwidth: \(rate)") })
        guard case .invalid(_, let key, let what) = problem else { Issue.record("\(problem)"); return }
        #expect(key == "platform.bandwidth" && what.contains("KiB a second from 8"), "\(problem)")
    }

    private static let mistakes: [(section: String, key: String, words: String)] = [
        ("quota: 0", "queue.quota", "MiB from 1"), ("quota: -1", "queue.quota", "MiB from 1"),
        ("quota: 9223372036854775807", "queue.quota", "MiB from 1"), ("reserve: -1", "queue.reserve", "MiB from 0"),
        ("reserve: 16777217", "queue.reserve", "MiB from 0"), ("freeze: { after: 0, journeys: [upload] }", "queue.freeze.after", "hours from 1"),
        ("freeze: { after: 8761, journeys: [upload] }", "queue.freeze.after", "hours from 1"),
        ("freeze: { after: 24, journeys: [uplaod] }", "queue.freeze.journeys", "no journey uplaod; those that there are: upload"),
        ("freeze: { after: 24, journeys: [] }", "queue.freeze.journeys", "names none"),
        ("freeze: { after: 24 }", "queue.freeze.journeys", "is missing"), ("freeze: { journeys: [upload] }", "queue.freeze.after", "is missing"),
    ]

    @Test(arguments: mistakes.indices) func `what is wrong is named with its key and with what to write`(index: Int) throws {
        let mistake = Self.mistakes[index]
        let problem = try #require(#expect(throws: ConfigurationFile.Problem.self) { try load("queue: { \(mistake.section) }") })
        guard case .invalid(_, let key, let what) = problem else { Issue.record("\(problem)"); return }
        #expect(key == mistake.key && what.contains(mistake.words), "\(problem)")
    }
}
