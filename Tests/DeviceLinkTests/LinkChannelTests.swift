import DeviceLink
import Glibc
import KioskModel
import LinkShim
import Testing

/// The link's two ends in one process.
struct LinkChannelTests {
    private let kioskd: LinkChannel
    private let host: LinkChannel
    private let hostSocket: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        kioskd = LinkChannel(owning: ends[0])
        host = LinkChannel(owning: ends[1])
        hostSocket = ends[1]
    }

    static let commands: [DeviceCommand] = [
        .readCard(fingerprints: true), .awaitCardRemoval, .scan(ScanRequest(maxPages: 4)), .print(PrintRequest(title: "T")),
        .assemblePDF(DocumentRequest(title: "T", pages: [])),
        .renderPreview(page: PageImage(index: 0, format: .rgb24, width: 1, height: 1, bytesPerRow: 3, resolution: 200), maxWidth: 100),
        .renderReceipt(ReceiptContent(title: "受理回执", lines: [.init(label: "编号", value: "1")], footer: "", code: "x")),
    ]

    @Test(arguments: commands)
    func everyCommandSurvivesTheLink(_ command: DeviceCommand) throws {
        try kioskd.send(KioskMessage.command(9, command, deadline: 1000), timeout: .zero)
        let received = try #require(try host.receive(KioskMessage.self, timeout: .seconds(1)))
        #expect(received.message == .command(9, command, deadline: 1000))
        #expect(received.files.isEmpty)
    }

    @Test func filesArriveInOrderWithTheirBytes() throws {
        let sent = try (0..<UInt8(LinkChannel.maxFiles)).map { try MemoryFile.copying([$0, $0]) }
        try host.send(HostMessage.pong(1), files: sent, timeout: .zero)
        let received = try #require(try kioskd.receive(HostMessage.self, timeout: .seconds(1)))
        #expect(try received.files.map { try $0.withBytes { $0[1] } } == Array(0..<UInt8(LinkChannel.maxFiles)))
        #expect(received.files.allSatisfy { $0.byteCount == 2 })
    }

    @Test func messagesKeepTheirBounds() throws {
        for number in 1...20 { try host.send(HostMessage.pong(UInt64(number)), timeout: .zero) }
        for number in 1...20 { #expect(try kioskd.receive(HostMessage.self, timeout: .zero)?.message == .pong(UInt64(number))) }
        #expect(try kioskd.receive(HostMessage.self, timeout: .zero) == nil)
    }

    @Test func aMessageThatDoesNotFitIsNotSent() throws {
        let long = DeviceStatus(state: .ready, identity: ["x": String(repeating: "y", count: LinkChannel.maxHeader)])
        #expect(throws: LinkFailure.unsendable) { try host.send(HostMessage.status(long), timeout: .zero) }
        let file = try MemoryFile.copying([1])
        #expect(throws: LinkFailure.unsendable) {
            try host.send(HostMessage.pong(1), files: Array(repeating: file, count: LinkChannel.maxFiles + 1), timeout: .zero)
        }
        #expect(throws: LinkFailure.unsendable) { try host.send(HostMessage.progress(1, .fraction(.nan)), timeout: .zero) }
        #expect(try kioskd.receive(HostMessage.self, timeout: .zero) == nil)
    }

    @Test func aFullLinkTimesOutAndNeverBlocksForEver() throws {
        #expect(throws: LinkFailure.timedOut) {
            while true { try host.send(HostMessage.pong(1), timeout: .milliseconds(10)) }
        }
    }

    @Test func whatWasSentBeforeTheEndStillArrives() throws {
        try host.send(HostMessage.pong(5), timeout: .zero)
        host.shutdown()
        #expect(try kioskd.receive(HostMessage.self, timeout: .seconds(1))?.message == .pong(5))
        #expect(throws: LinkFailure.closed) { try kioskd.receive(HostMessage.self, timeout: .seconds(1)) }
        #expect(throws: LinkFailure.closed) { try kioskd.send(KioskMessage.ping(1), timeout: .zero) }
    }

    @Test func anUnsealedFileIsAViolationAndAllFilesAreClosed() throws {
        let name = "link-test-\(getpid())-\(hostSocket)"
        let loose = kiosk_memfd_create(name)
        #expect(ftruncate(loose, 10) == 0)
        let text = Array(#"{"pong":{"_0":1}}"#.utf8)
        #expect(kiosk_link_send(hostSocket, text, text.count, [loose, loose, loose], 3, 0) == 0)
        close(loose)
        #expect(throws: LinkFailure.violation(.unsealedFile)) { try kioskd.receive(HostMessage.self, timeout: .seconds(1)) }
        #expect(openFiles(named: name) == 0)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"pong":{"_0":-1}}"#, #"{"pong":{"_0":1},"cancel":{"_0":1}}"#, #"{"pong":{"_0":1}"#, "\u{0}",
        #"{"pong":{"_0":1,"_0":1}}"#, #"{"pong":{"_0":1}} "#,
    ])
    func whatIsNoMessageIsAViolation(_ text: String) throws {
        let bytes = Array(text.utf8)
        if bytes.isEmpty {
            #expect(kiosk_link_send(hostSocket, bytes, 0, nil, 0, 0) == -EINVAL)
        } else {
            #expect(kiosk_link_send(hostSocket, bytes, bytes.count, nil, 0, 0) == 0)
            #expect(throws: LinkFailure.violation(.malformed)) { try kioskd.receive(HostMessage.self, timeout: .seconds(1)) }
        }
    }

    @Test func aListenerReplacesAnOldSocketAndKnowsItsPeer() throws {
        let path = "/tmp/link-\(getpid())-\(hostSocket)"
        let first = try LinkListener(path: path)
        let listener = try LinkListener(path: path)
        #expect(try listener.accept() == nil)
        let client = try LinkChannel.connect(to: path)
        let accepted = try #require(try listener.accept())
        #expect(try accepted.peer().pid == getpid())
        #expect(try accepted.peer().user == geteuid())
        var facts = stat()
        #expect(stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
        withExtendedLifetime((first, client)) {}
        #expect(throws: LinkFailure.system(call: "listen", code: ENAMETOOLONG)) {
            try LinkListener(path: "/tmp/" + String(repeating: "x", count: 200))
        }
    }

    private func openFiles(named name: String) -> Int {
        (0..<4096).count { descriptor in
            var target = [CChar](repeating: 0, count: 256)
            return readlink("/proc/self/fd/\(descriptor)", &target, 255) > 0
                && String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).contains(name)
        }
    }
}
