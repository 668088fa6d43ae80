import Glibc
import IDCardReaderShim
import Testing

@testable import IDCardReader

/// From descriptors to a framing, and from packets to bytes.
@Suite struct USBFramingTests {
    // MARK: Descriptors

    private func endpoint(_ address: UInt8, _ attributes: UInt8 = 2, _ packet: UInt16 = 64) -> kiosk_usb_endpoint {
        kiosk_usb_endpoint(address: address, attributes: attributes, max_packet: packet)
    }

    private func choose(_ endpoints: [kiosk_usb_endpoint]) -> kiosk_usb_layout? {
        var layout = kiosk_usb_layout()
        let result = kiosk_usb_choose(endpoints, endpoints.count, &layout)
        #expect(result == 0 || Int(result) == KIOSK_READER_ARGUMENT)
        return result == 0 ? layout : nil
    }

    @Test func twoEndpointsInEachDirectionSplitFrames() throws {
        let layout = try #require(choose([0x02, 0x06, 0x81, 0x85].map { endpoint($0) }))
        #expect(layout.framing == KIOSK_USB_SPLIT)
        #expect([layout.out_header, layout.out_body, layout.in_header, layout.in_body] == [0x02, 0x06, 0x81, 0x85])
    }

    @Test func oneEndpointInEachDirectionTakesFramesWhole() throws {
        let layout = try #require(choose([endpoint(0x81, 2, 32), endpoint(0x02)]))
        #expect(layout.framing == KIOSK_USB_WHOLE)
        #expect([layout.out_header, layout.out_body, layout.in_header, layout.in_body] == [0x02, 0x02, 0x81, 0x81])
        #expect([layout.in_header_packet, layout.in_body_packet] == [32, 32])
    }

    /// A gadget's controller gives its own numbers; the descriptors may come in any order.
    @Test func pairsGoByTheOrderOfTheirAddresses() throws {
        let layout = try #require(choose([endpoint(0x84, 2, 16), endpoint(0x03), endpoint(0x82, 2, 8), endpoint(0x01)]))
        #expect([layout.out_header, layout.out_body, layout.in_header, layout.in_body] == [0x01, 0x03, 0x82, 0x84])
        #expect([layout.in_header_packet, layout.in_body_packet] == [8, 16])
    }

    @Test(
        arguments: [
            [], [0x81], [0x02], [0x02, 0x06], [0x81, 0x85], [0x02, 0x06, 0x81], [0x02, 0x81, 0x85], [0x02, 0x06, 0x0A, 0x81, 0x85],
            [0x02, 0x06, 0x81, 0x85, 0x87], [0x02, 0x06, 0x0A, 0x81, 0x85, 0x87], [0x02, 0x02, 0x81, 0x85], [0x00, 0x81], [0x02, 0x80], [0x12, 0x81],
        ] as [[UInt8]])
    func otherEndpointsAreNoReader(addresses: [UInt8]) {
        #expect(choose(addresses.map { endpoint($0) }) == nil)
    }

    @Test func otherKindsOfEndpointsAreNoReader() {
        for attributes: UInt8 in [0, 1, 3] {
            #expect(choose([endpoint(0x02), endpoint(0x81), endpoint(0x83, attributes)]) == nil)
            #expect(choose([endpoint(0x02), endpoint(0x81, attributes)]) == nil)
        }
        for packet: UInt16 in [0, 7, 1025, 2047] { #expect(choose([endpoint(0x02), endpoint(0x81, 2, packet)]) == nil) }
        for packet: UInt16 in [8, 512, 1024] { #expect(choose([endpoint(0x02), endpoint(0x81, 2, packet)]) != nil) }
    }

    @Test func endpointsAreNamedForTheTechnician() {
        func describe(_ endpoints: [kiosk_usb_endpoint], _ capacity: Int = 100) -> String {
            var text = [CChar](repeating: 1, count: capacity)
            let length = kiosk_usb_describe(endpoints, endpoints.count, &text, capacity)
            #expect(text[length] == 0)
            return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        #expect(describe([]) == "no endpoints")
        #expect(describe([endpoint(0x02), endpoint(0x81), endpoint(0x83, 3)]) == "bulk OUT 02, bulk IN 81, interrupt IN 83")
        #expect(describe([endpoint(0x02), endpoint(0x81)], 14) == "bulk OUT 02, ")
        #expect(describe([], 3) == "no")
        #expect(describe([], 1) == "")
    }

    // MARK: Packets

    /// Packets of 8 bytes, so that ends fall on boundaries easily.
    private final class Script: USBPipe {
        enum Event {
            case packet([UInt8])
            /// The time is up when these packets have come.
            case late([UInt8])
            case failure(Int)
        }

        let framing: kiosk_usb_framing
        var events: [UInt8: [Event]] = [:]
        var asked: [(endpoint: UInt8, count: Int)] = []
        var written: [UInt8: [UInt8]] = [:]
        var isClosed = false

        init(_ framing: kiosk_usb_framing) { self.framing = framing }

        /// Nothing lies on any endpoint.
        var isEmpty: Bool { events.values.allSatisfy(\.isEmpty) }
        var inBody: UInt8 { framing == KIOSK_USB_SPLIT ? 0x85 : 0x81 }

        func open(_ layout: inout kiosk_usb_layout) -> Int32 {
            let endpoints = (framing == KIOSK_USB_SPLIT ? [0x02, 0x06, 0x81, 0x85] : [0x02, 0x81])
                .map { kiosk_usb_endpoint(address: $0, attributes: 2, max_packet: 8) }
            return kiosk_usb_choose(endpoints, endpoints.count, &layout)
        }

        func close() { isClosed = true }

        func transfer(_ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, moved: inout Int, timeout: Int32) -> Int32 {
            asked.append((endpoint, buffer.count))
            if endpoint & 0x80 == 0 {
                if case .failure(let code)? = events[endpoint]?.first {
                    events[endpoint]?.removeFirst()
                    return Int32(code)
                }
                written[endpoint, default: []] += buffer
                moved = buffer.count
                return 0
            }
            var bytes: [UInt8] = []
            defer {
                buffer.copyBytes(from: bytes)
                moved = bytes.count
            }
            while bytes.count < buffer.count, let event = events[endpoint]?.first {
                events[endpoint]?.removeFirst()
                switch event {
                case .failure(let code): return Int32(code)
                case .late(let packet):
                    bytes += packet
                    return Int32(KIOSK_READER_TIMEOUT)
                case .packet(let packet):
                    bytes += packet
                    if packet.count < 8 { return 0 }
                }
            }
            return bytes.count == buffer.count ? 0 : Int32(KIOSK_READER_TIMEOUT)
        }

        /// Lays a reply on the endpoints; `closed` with an empty packet behind one that fills its last.
        func reply(_ frame: [UInt8], closed: Bool = false) {
            let headerLength = framing == KIOSK_USB_SPLIT ? 7 : 0
            lay(Array(frame.prefix(headerLength)), on: 0x81, closed: closed)
            lay(Array(frame.dropFirst(headerLength)), on: inBody, closed: closed)
        }

        private func lay(_ bytes: [UInt8], on endpoint: UInt8, closed: Bool) {
            for start in stride(from: 0, to: bytes.count, by: 8) {
                events[endpoint, default: []].append(.packet(Array(bytes[start..<min(start + 8, bytes.count)])))
            }
            if closed, !bytes.isEmpty, bytes.count % 8 == 0 { events[endpoint, default: []].append(.packet([])) }
        }
    }

    private static let framings = [KIOSK_USB_SPLIT.rawValue, KIOSK_USB_WHOLE.rawValue]

    private func frame(_ data: [UInt8]) -> [UInt8] {
        let length = data.count + 4
        let body = [UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, 0x90] + data
        return [0xAA, 0xAA, 0xAA, 0x96, 0x69] + body + [body.reduce(0, ^)]
    }

    /// Asks for the SAM id: the count of bytes, or the code.
    private func exchange(_ reader: OpaquePointer, expecting data: [UInt8]? = nil) -> Int {
        var status: UInt8 = 0
        var buffer = [UInt8](repeating: 0, count: 2400)
        let count = kiosk_reader_exchange(reader, 0x12, 0xFF, nil, 0, &status, &buffer, buffer.count, 50)
        if let data { #expect(Array(buffer.prefix(max(0, Int(count)))) == data) }
        return Int(count)
    }

    /// `body` gets a reader over a script, which answers once it has been opened.
    private func run(_ framing: UInt32, _ body: (OpaquePointer, Script) throws -> Void) throws {
        let script = Script(kiosk_usb_framing(framing))
        let reader = try openReader(over: script)
        script.asked = []
        defer {
            kiosk_reader_close(reader)
            #expect(script.isClosed)
        }
        try body(reader, script)
    }

    /// Replies are laid after it: what was there before is thrown away.
    private func send(_ reader: OpaquePointer, _ script: Script) {
        #expect(kiosk_reader_send(reader, Int32(KIOSK_READER_SAM_ID), 50) == 0)
        script.asked = []
    }

    private func receive(_ reader: OpaquePointer, _ data: inout [UInt8]) -> Int {
        var status: UInt8 = 0
        data = [UInt8](repeating: 0, count: 2400)
        let count = Int(kiosk_reader_receive(reader, &status, &data, data.count, 20))
        data = Array(data.prefix(max(0, count)))
        return count
    }

    private let sam = Array(UInt8(1)...16)

    @Test(arguments: framings)
    func aRequestGoesOutInItsFraming(framing: UInt32) throws {
        try run(framing) { reader, script in
            send(reader, script)
            let request: [UInt8] = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x12, 0xFF, 0xEE]
            if script.framing == KIOSK_USB_SPLIT {
                #expect(script.written == [0x02: Array(request.prefix(7)), 0x06: Array(request.suffix(3))])
            } else {
                #expect(script.written == [0x02: request])
            }
        }
    }

    /// A reader that has taken a header waits for its body, whatever else comes.
    @Test func aRequestThatWasBegunIsFinished() throws {
        let pipe = SlowHeader()
        let reader = try openReader(over: pipe)
        defer { kiosk_reader_close(reader) }
        #expect(kiosk_reader_send(reader, Int32(KIOSK_READER_SAM_ID), 20) == 0)
        #expect(pipe.written == [0x02: [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03], 0x06: [0x12, 0xFF, 0xEE]])
    }

    /// The header takes all the time that a request has.
    private final class SlowHeader: USBPipe {
        private(set) var written: [UInt8: [UInt8]] = [:]

        func open(_ layout: inout kiosk_usb_layout) -> Int32 {
            let endpoints = [0x02, 0x06, 0x81, 0x85].map { kiosk_usb_endpoint(address: $0, attributes: 2, max_packet: 64) }
            return kiosk_usb_choose(endpoints, endpoints.count, &layout)
        }

        func transfer(_ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, moved: inout Int, timeout: Int32) -> Int32 {
            guard endpoint & 0x80 == 0 else { return Int32(KIOSK_READER_TIMEOUT) }
            if endpoint == 0x02 { usleep(UInt32(timeout) * 1000) }
            written[endpoint, default: []] += buffer
            moved = buffer.count
            return 0
        }

        func close() {}
    }

    @Test(arguments: framings, [false, true])
    func aReplyThatFillsItsLastPacketNeedsNothingBehindIt(framing: UInt32, closed: Bool) throws {
        try run(framing) { reader, script in
            // LEN = 24 in split, the frame 32 whole; the second reply follows an empty packet that was left over, if there was one.
            let data = [UInt8](repeating: 7, count: script.framing == KIOSK_USB_SPLIT ? 20 : 21)
            for _ in 0..<2 {
                var status: UInt8 = 0
                var got = [UInt8](repeating: 0, count: 64)
                #expect(kiosk_reader_exchange(reader, 0x77, 0, nil, 0, &status, &got, got.count, 0) == Int32(KIOSK_READER_TIMEOUT))
                script.asked = []
                script.reply(frame(data), closed: closed)
                #expect(kiosk_reader_receive(reader, &status, &got, got.count, 20) == Int32(data.count))
                #expect(Array(got.prefix(data.count)) == data)
                #expect(Set(script.asked.map(\.count)) == [8, 24])
            }
        }
    }

    @Test(arguments: framings)
    func whatCameBeforeATimeOutIsKept(framing: UInt32) throws {
        try run(framing) { reader, script in
            send(reader, script)
            let bytes = frame(sam)
            var data: [UInt8] = []
            if script.framing == KIOSK_USB_SPLIT {
                script.events = [0x81: [.late(Array(bytes.prefix(7)))], 0x85: [.late(Array(bytes[7..<15]))]]
            } else {
                script.events = [0x81: [.packet(Array(bytes.prefix(8))), .late(Array(bytes[8..<16]))]]
            }
            #expect(receive(reader, &data) == KIOSK_READER_TRUNCATED)
            let rest = Array(bytes.dropFirst(script.framing == KIOSK_USB_SPLIT ? 15 : 16))
            script.events = [script.inBody: [.packet(Array(rest.prefix(8))), .packet(Array(rest.dropFirst(8)))]]
            #expect(receive(reader, &data) == 16)
            #expect(data == sam)
        }
    }

    @Test(arguments: framings, [KIOSK_READER_STALLED, KIOSK_READER_OVERFLOW, KIOSK_READER_GONE, KIOSK_READER_IO])
    func aFailedTransferIsToldAndTheNextReplyBeginsAfresh(framing: UInt32, code: Int) throws {
        try run(framing) { reader, script in
            // On the way out, in the first packet, and in the body.
            for endpoint: UInt8 in script.framing == KIOSK_USB_SPLIT ? [0x02, 0x06] : [0x02] {
                script.events = [endpoint: [.failure(code)]]
                #expect(exchange(reader) == code)
            }
            var data: [UInt8] = []
            send(reader, script)
            script.events = [0x81: [.failure(code)]]
            #expect(receive(reader, &data) == code)
            send(reader, script)
            script.reply(frame(sam))
            script.events[script.inBody]?.insert(.failure(code), at: 1)
            #expect(receive(reader, &data) == code)
            script.events = [:]
            send(reader, script)
            script.reply(frame(sam))
            #expect(receive(reader, &data) == 16)
            #expect(data == sam)
        }
    }

    @Test func whatIsNoHeaderOrTooLongABodyIsOutOfStep() throws {
        try run(KIOSK_USB_SPLIT.rawValue) { reader, script in
            let bytes = frame(sam)
            let wrong: [[UInt8: [Script.Event]]] = [
                [0x81: [.packet([0, 0xAA, 0xAA, 0x96, 0xAA, 0xFF, 0x69])]],
                [0x81: [.packet([0xAA, 0xAA, 0x96])]],
                [0x81: [.packet([0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 20, 0]), .packet([])]],
                [0x81: [.packet([0xAA, 0xAA, 0xAA]), .packet([0xAA, 0xAA])]],
                [0x81: [.packet(Array(bytes.prefix(7)))], 0x85: (0..<3).map { _ in .packet([1, 2, 3, 4, 5, 6, 7, 8]) }],
            ]
            for events in wrong {
                send(reader, script)
                script.events = events
                var data: [UInt8] = []
                #expect(receive(reader, &data) == KIOSK_READER_MISFRAMED)
                script.events = [:]
            }
        }
    }

    @Test func aHeaderInPiecesIsAHeader() throws {
        try run(KIOSK_USB_SPLIT.rawValue) { reader, script in
            let bytes = frame(sam)
            send(reader, script)
            script.events[0x81] = [.packet(Array(bytes.prefix(3))), .packet([]), .packet(Array(bytes[3..<6])), .packet([bytes[6]])]
            script.events[0x85] = [.packet(Array(bytes[7..<10])), .packet([]), .packet(Array(bytes[10..<17])), .packet(Array(bytes[17..<25]))]
            script.events[0x85]?.append(.packet(Array(bytes[25...])))
            var data: [UInt8] = []
            #expect(receive(reader, &data) == 16)
            #expect(data == sam)
        }
    }

    @Test(arguments: framings)
    func anImpossibleLengthIsNotWaitedFor(framing: UInt32) throws {
        try run(framing) { reader, script in
            send(reader, script)
            script.reply([0xAA, 0xAA, 0xAA, 0x96, 0x69, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 20))
            var data: [UInt8] = []
            #expect(receive(reader, &data) == KIOSK_READER_LENGTH)
            #expect(script.asked.map(\.count) == [8])
        }
    }

    @Test(arguments: framings)
    func emptyPacketsForEverAreSilence(framing: UInt32) throws {
        try run(framing) { reader, script in
            send(reader, script)
            script.events[0x81] = (0..<100_000).map { _ in .packet([]) }
            var data: [UInt8] = []
            #expect(receive(reader, &data) == KIOSK_READER_TIMEOUT)
            #expect(!script.isEmpty, "the deadline ends it, not their end")
        }
    }

    /// An answer that nobody waited for is thrown away by the next request, all of it.
    @Test(arguments: framings)
    func whatCameBeforeARequestIsThrownAway(framing: UInt32) throws {
        try run(framing) { reader, script in
            send(reader, script)
            script.reply(frame([UInt8](repeating: 9, count: 100)))
            script.reply(frame([UInt8](repeating: 8, count: 16)), closed: true)
            send(reader, script)
            #expect(script.isEmpty)
            script.reply(frame(sam))
            var data: [UInt8] = []
            #expect(receive(reader, &data) == 16)
            #expect(data == sam)
        }
    }

    /// Everything that lies on either endpoint, halts included; and no more than a reader can hold, or a babbling one would never be open.
    @Test(arguments: framings)
    func openingEmptiesBothEndpoints(framing: UInt32) throws {
        let script = Script(kiosk_usb_framing(framing))
        script.reply(frame([UInt8](repeating: 9, count: 1000)), closed: true)
        script.events[0x81]?.insert(.failure(KIOSK_READER_STALLED), at: 0)
        script.events[script.inBody]?.append(.packet([1, 2, 3]))
        kiosk_reader_close(try openReader(over: script))
        #expect(script.isEmpty)

        let babbler = Script(kiosk_usb_framing(framing))
        babbler.events[0x81] = (0..<100_000).map { _ in .packet([1]) }
        kiosk_reader_close(try openReader(over: babbler))
        #expect(babbler.asked.count < 100)

        let gone = Script(kiosk_usb_framing(framing))
        gone.events[gone.inBody] = [.failure(KIOSK_READER_GONE)]
        var thrown: ReaderFailure?
        do {
            kiosk_reader_close(try openReader(over: gone))
        } catch {
            thrown = error
        }
        #expect(thrown == .gone())
        #expect(gone.isClosed)
    }
}
