import DeviceLink
import KioskModel
import Testing

@testable import vm_agent

struct ParserTests {
    private func parse(_ text: String) throws(ScenarioError) -> Scenario {
        try ScenarioParser.parse(text, file: "unplug.scenario", kinds: ["usb-sdt-a", "vivid"])
    }

    private let head = "device reader usb-sdt-a\nhost reader idCardReader usb=0400:c35a\n"

    @Test func aWholeScenario() throws {
        let scenario = try parse(
            """
            # The plug is pulled while the card is being read.
            device reader usb-sdt-a
            host reader idCardReader usb=0400:c35a   # the real driver

            expect reader ready within 90
            lay reader resident
            unplug reader at read
            run reader readCard -> fault reader.absent
            plug reader
            begin reader readCard
            end reader -> card resident
            expect reader offline reader.no-reply
            """)
        #expect(scenario.name == "unplug")
        #expect(scenario.devices == [.init(line: 2, name: "reader", kind: "usb-sdt-a", options: [:])])
        #expect(scenario.hosts == [.init(line: 3, name: "reader", deviceClass: .idCardReader, options: ["usb": "0400:c35a"])])
        #expect(scenario.steps.map(\.line) == [5, 6, 7, 8, 9, 10, 11, 12])
        #expect(scenario.steps.map(\.deadline) == [.seconds(90)] + Array(repeating: ScenarioParser.deadline, count: 7))
        #expect(
            scenario.steps.map(\.action) == [
                .expect(.ready, host: "reader", fault: nil),
                .perform(verb: "lay", device: "reader", arguments: ["resident"], answer: nil),
                .unplug("reader", at: "read"),
                .run(HostCommand(.readCard(fingerprints: true)), host: "reader", outcome: .fault("reader.absent")),
                .plug("reader"),
                .begin(HostCommand(.readCard(fingerprints: true)), host: "reader"),
                .end(host: "reader", outcome: .success("card resident")),
                .expect(.offline, host: "reader", fault: "reader.no-reply"),
            ])
    }

    @Test func aVerbOfTheDeviceWithQuotesAndAnAnswer() throws {
        let scenario = try parse("device camera vivid node=0\nshow camera \"two words\" # not this\ncapture camera 5 -> frames 5 within 20")
        #expect(scenario.devices[0].options == ["node": "0"])
        #expect(scenario.steps[0].action == .perform(verb: "show", device: "camera", arguments: ["two words"], answer: nil))
        #expect(scenario.steps[1].action == .perform(verb: "capture", device: "camera", arguments: ["5"], answer: "frames 5"))
        #expect(scenario.steps[1].deadline == .seconds(20))
    }

    /// Each mistake is named with its line, and with what to write instead.
    @Test(arguments: [
        ("device reader", 1, "device NAME KIND"),
        ("device reader usb-sdt-c", 1, "usb-sdt-a, vivid"),
        ("device a vivid\ndevice a vivid", 2, "already"),
        ("device a vivid x", 1, "key=value"),
        ("device a vivid x=1 x=2", 1, "twice"),
        ("host reader webcam", 1, "idCardReader"),
        ("device a vivid\nstop b", 2, "`stop` is no keyword"),
        ("plug reader", 1, "device reader KIND"),
        ("device a vivid\nplug a\ndevice b vivid", 3, "above the first step (line 2)"),
        ("run reader readCard", 1, "host reader CLASS"),
        ("expect reader ready", 1, "host reader CLASS"),
    ])
    func mistakes(_ text: String, _ line: Int, _ hint: String) throws {
        try check(text, line, hint)
    }

    @Test(arguments: [
        ("run reader readcard", 3, "readCard"),
        ("run reader readCard -> sunshine", 3, "-> fault CODE"),
        ("run reader readCard -> remedy layCard", 3, "layCardFlat"),
        ("run reader readCard ->", 3, "after `->`"),
        ("begin reader readCard -> done", 3, "end reader"),
        ("expect reader happy", 3, "needsTechnician"),
        ("expect reader ready within soon", 3, "within SECONDS"),
        ("expect reader ready within 0", 3, "within SECONDS"),
        ("unplug reader after read", 3, "unplug reader at STEP"),
        ("lay reader \"resident", 3, "quote"),
        ("plug", 3, "plug reader"),
        ("# nothing more", 3, "no steps"),
    ])
    func mistakesInSteps(_ text: String, _ line: Int, _ hint: String) throws {
        try check(head + text, line, hint)
    }

    private func check(_ text: String, _ line: Int, _ hint: String) throws {
        let error = try #require(throws: ScenarioError.self) { try parse(text) }
        #expect(error.line == line)
        #expect(error.file == "unplug.scenario")
        #expect(error.message.contains(hint), "\(error)")
    }
}
