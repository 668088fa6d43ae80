import Foundation
import Testing

@testable import vm_agent

@Suite(.timeLimit(.minutes(3)))
struct ScenarioRunTests {
    private let device = ScriptedDevice()

    private func run(_ text: String) async throws -> ScenarioReport {
        let scratch = URL(filePath: "/tmp/scenario-\(UUID().uuidString.prefix(8))", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let device = device
        let kinds = [DeviceKind(name: "scripted") { _, _ in device }, DeviceKind(name: "part", isDevice: false) { _, _ in device }]
        let scenario = try ScenarioParser.parse(text, file: "test.scenario", kinds: kinds.map(\.name))
        let place = VMPlace(payload: scratch, scratch: scratch, log: { _ in }, send: { _ in })
        return try await ScenarioRun(scenario, file: "test.scenario", place: place, kinds: kinds).run()
    }

    private func failure(_ text: String) async throws -> ScenarioError {
        try #require(await #expect(throws: ScenarioError.self) { try await run(text) })
    }

    @Test func aDeviceThatIsOfUseAgainHasRecovered() async throws {
        let report = try await run("device it scripted\nunplug it\nlook it -> away\nplug it\nlook it -> here")
        #expect(report == ScenarioReport(used: ["scripted": .probe], unplugs: 1, recovered: 1))
        #expect(report.line == "devices=scripted:probe unplugs=1 recovered=1")
        #expect(device.events == ["plug", "unplug", "plug", "end"])
    }

    @Test(arguments: ["look it\nunplug it\nplug it", "unplug it at half-way\nlook it\ngo it", "look it\nlook it\nswap it"])
    func aDeviceThatNobodyUsedAgainIsAFailure(_ steps: String) async throws {
        let error = try await failure("device it scripted\n\(steps)")
        #expect(error.line == 4 && error.message.contains("it was pulled and is of no use again"), "\(error)")
    }

    @Test func oneUseComesAfterAllThePullsBeforeIt() async throws {
        let report = try await run("device it scripted\nunplug it\nplug it\nunplug it\nplug it\nlook it")
        #expect(report == ScenarioReport(used: ["scripted": .probe], unplugs: 2, recovered: 2))
    }

    @Test func aVerbMayPullThePlug() async throws {
        #expect(try await run("device it scripted\nswap it\nlook it").line == "devices=scripted:probe unplugs=1 recovered=1")
    }

    @Test func aDeviceGetsTheDeadlineOfItsStep() async throws {
        _ = try await run("device it scripted\nunplug it within 300\nplug it within 301\nlook it within 302\nlook it")
        let usual = ScenarioParser.deadline
        #expect(device.deadlines == [usual, .seconds(300), .seconds(301), .seconds(302), usual])
    }

    @Test func aPlugPulledAtAProtocolStepCounts() async throws {
        let report = try await run("device it scripted\nunplug it at half-way\ngo it\nplug it\nlook it -> here")
        #expect(report.unplugs == 1 && report.recovered == 1)
    }

    @Test func aProtocolStepThatNeverCameIsAFailure() async throws {
        let early = try await failure("device it scripted\nunplug it at half-way\nlook it\nplug it")
        #expect(early.line == 4 && early.message.contains("never came to `half-way`"), "\(early)")
        let late = try await failure("device it scripted\nunplug it at half-way\nlook it")
        #expect(late.line == 3 && late.message.contains("never came to `half-way`"), "\(late)")
    }

    @Test func partsOfTheRigAreNoDevices() async throws {
        #expect(try await run("device it part\nlook it\nunplug it").line == "devices=none unplugs=0 recovered=0")
    }

    @Test func anotherAnswerIsAFailureOfThatLine() async throws {
        let error = try await failure("device it scripted\n\nlook it -> away")
        #expect(error == ScenarioError(file: "test.scenario", line: 3, message: "`away` was to come out, and it is `here`"))
        #expect(device.events == ["plug", "end"], "everything is taken away after a failure too")
    }

    @Test func whatADeviceThrowsIsShown() async throws {
        #expect(try await failure("device it scripted\nsing it").description == "test.scenario:2: no verb `sing`")
    }

    @Test func aStepThatHangsIsGivenUp() async throws {
        let error = try await failure("device it scripted\nhang it within 1")
        #expect(error.line == 2 && error.message.contains("didn't end within"), "\(error)")
        #expect(device.events.last == "end")
    }

    @Test(arguments: [
        ("{it.path}", nil), ("{other.path}", "no device `other`"), ("{it}", "{DEVICE.VERB}"),
    ])
    func valuesAreFilledIn(_ value: String, _ trouble: String?) async throws {
        let text = "device it scripted\ndevice that part from=\(value)\nlook it"
        guard let trouble else { return _ = try await run(text) }
        let error = try await failure(text)
        #expect(error.line == 2 && error.message.contains(trouble), "\(error)")
    }

    /// Every file that lies in the repository can be read, and names only kinds that there are.
    @Test func theScenariosAreInOrder() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../VM/scenarios").standardizedFileURL
        let files = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }.filter {
            $0.hasSuffix(".scenario")
        }
        #expect(files.count > 5)
        for file in files {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            _ = try ScenarioParser.parse(text, file: file, kinds: DeviceKind.all.map(\.name))
        }
    }
}
