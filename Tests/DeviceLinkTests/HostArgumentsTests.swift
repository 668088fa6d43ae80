import DeviceLink
import KioskModel
import Testing

struct HostArgumentsTests {
    @Test func aFullCommandLineIsUnderstood() {
        let words = ["reader", "--class", "idCardReader", "--socket", "/run/s", "--option", "port=/dev/ttyS0", "--option", "uri=ipp://h/?a=b"]
        let expected = HostArguments(
            name: "reader", deviceClass: .idCardReader, socketPath: "/run/s", options: ["port": "/dev/ttyS0", "uri": "ipp://h/?a=b"])
        #expect(HostArguments.parse(words) == .run(expected))
        #expect(HostArguments.parse(words + ["--help"]) == .help)
    }

    /// In a debug build, which this is, and in no other.
    @Test func aContractMaySayHowOftenToPoll() {
        let words = ["reader", "--class", "scanner", "--socket", "s"]
        var expected = HostArguments(name: "reader", deviceClass: .scanner, socketPath: "s", options: [:])
        #expect(HostArguments.parse(words) == .run(expected))
        #expect(expected.pollInterval == HostMain.pollInterval)
        expected.pollInterval = .milliseconds(500)
        #expect(HostArguments.parse(words + ["--poll-interval", "500"]) == .run(expected))
        for wrong in ["0", "-1", "60001", "soon"] {
            #expect(HostArguments.parse(words + ["--poll-interval", wrong]) == .wrong("--poll-interval is to be 1 to 60000 milliseconds"))
        }
    }

    @Test(arguments: [
        [], ["reader"], ["reader", "--class", "toaster", "--socket", "s"], ["reader", "--class", "scanner"], ["reader", "--class"],
        ["reader", "more", "--class", "scanner", "--socket", "s"], ["reader", "--class", "scanner", "--socket", "s", "--loud"],
        ["reader", "--class", "scanner", "--socket", "s", "--option", "=x"], ["reader", "--class", "scanner", "--socket", "s", "--option", "x"],
        ["reader", "--class", "scanner", "--socket", "s", "--option", "a=1", "--option", "a=2"],
    ])
    func anIncompleteOneIsRefused(_ words: [String]) {
        guard case .wrong = HostArguments.parse(words) else {
            Issue.record("\(words) was taken")
            return
        }
    }
}
