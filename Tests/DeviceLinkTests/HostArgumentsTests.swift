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
