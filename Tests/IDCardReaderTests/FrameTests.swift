import Bench
import IDCardReaderShim
import LineShim
import Testing

@Suite struct FrameTests {
    /// 12 FF answered with 16 bytes.
    private static let samID: [UInt8] =
        [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x14, 0x00, 0x00, 0x90] + (1...16) + [0x94]

    private func decode(_ bytes: [UInt8]) -> (result: Int32, reply: kiosk_sdt_reply, consumed: Int) {
        var reply = kiosk_sdt_reply()
        var consumed = 0
        let result = kiosk_sdt_decode(bytes, bytes.count, &reply, &consumed)
        return (result, reply, consumed)
    }

    @Test func theSAMIDRequestIsAsDocumented() {
        var frame = [UInt8](repeating: 0, count: 16)
        #expect(kiosk_sdt_encode(0x12, 0xFF, nil, 0, &frame, frame.count) == 10)
        #expect(frame.prefix(10) == [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x12, 0xFF, 0xEE])
        #expect(Int(kiosk_sdt_encode(0x12, 0xFF, nil, 0, &frame, 9)) == KIOSK_READER_SPACE)
        #expect(Int(kiosk_sdt_encode(0x12, 0xFF, frame, 257, &frame, frame.count)) == KIOSK_READER_ARGUMENT)
    }

    @Test(arguments: [[], [0xAA], [0xAA, 0xAA, 0x96, 0x69], [0x00, 0xAA, 0xAA, 0xAA, 0x96, 0x00]] as [[UInt8]])
    func aReplyIsFoundBehindGarbage(garbage: [UInt8]) {
        let (result, reply, consumed) = decode(garbage + Self.samID)
        #expect(result == 1)
        #expect(reply.sw3 == 0x90)
        #expect(reply.data_length == 16)
        #expect(reply.data_offset == garbage.count + 10)
        #expect(consumed == garbage.count + Self.samID.count)
    }

    @Test func anIncompleteReplyWaitsForMore() {
        for count in 0..<Self.samID.count {
            let (result, _, consumed) = decode(Array(Self.samID.prefix(count)))
            #expect(result == 0)
            #expect(consumed == 0)
        }
    }

    @Test func everyFlippedBitBehindThePreambleIsNoticed() {
        for place in 5..<Self.samID.count {
            for bit in 0..<8 {
                var bytes = Self.samID
                bytes[place] ^= 1 << bit
                #expect(decode(bytes).result <= 0)
            }
        }
    }

    @Test(arguments: [0x0000, 0x0003, 0x090B, 0xFFFF])
    func impossibleLengthsAreRefusedBeforeAnyByteIsAwaited(length: Int) {
        let header: [UInt8] = [0xAA, 0xAA, 0xAA, 0x96, 0x69, UInt8(length >> 8), UInt8(length & 0xFF)]
        let (result, _, consumed) = decode(header)
        #expect(Int(result) == KIOSK_READER_LENGTH)
        #expect(consumed == 5)
    }

    @Test(arguments: [9600, 19200, 38400, 57600, 115200] as [Int32])
    func anyCommandCanBeExchangedAtEverySpeed(baud: Int32) async throws {
        let simulator = try SDTReaderSimulator()
        simulator.speed = baud
        try await simulator.start()
        var line = kiosk_line()
        #expect(kiosk_line_serial(simulator.devicePath, baud, &line) == 0)
        var opened: OpaquePointer?
        #expect(kiosk_reader_open(&line, 0, &opened) == 0)
        let reader = try #require(opened)
        var status: UInt8 = 0
        var data = [UInt8](repeating: 0, count: 16)
        #expect(kiosk_reader_exchange(reader, 0x11, 0xFF, nil, 0, &status, &data, data.count, 1000) == 0)
        #expect(status == 0x90)
        #expect(kiosk_reader_exchange(reader, 0x77, 0x01, [1, 2, 3], 3, &status, &data, data.count, 1000) == 0)
        #expect(status == 0x21)
        #expect(kiosk_reader_exchange(reader, 0x12, 0xFF, nil, 0, &status, &data, data.count, 1000) == 16)
        kiosk_reader_close(reader)
        await simulator.stop()
    }
}
