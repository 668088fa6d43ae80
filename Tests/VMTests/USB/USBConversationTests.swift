import Bench
import Testing

@testable import VirtualUSB

/// A driver's conversation with the reader, and what goes wrong with it on the bus.
@Suite struct USBConversationTests {
    private func card(_ id: String = "moved") throws -> SyntheticCard { SyntheticCard(try #require(SyntheticCitizen.named(id))) }

    @Test(arguments: SDTUSBFraming.allCases, ["resident", "moved", "permit", "foreigner2017", "foreigner2023", "rare"])
    func aCardIsRead(framing: SDTUSBFraming, id: String) throws {
        let reader = VirtualUSBReader(framing: framing)
        let card = try card(id)
        try USBIPHost.run(reader) { host throws in
            #expect(try host.exchange(framing, 0x12, 0xFF).data.count == 16)
            #expect(try host.exchange(framing, 0x20, 0x01).status == 0x80)
            reader.lay(card)
            #expect(try host.exchange(framing, 0x20, 0x01).status == 0x9F)
            #expect(try host.exchange(framing, 0x20, 0x02).status == 0x90)
            #expect(try host.exchange(framing, 0x30, 0x01).data == [1, 0, 4, 0] + card.textRecord + card.photo)
            let prints = try host.exchange(framing, 0x30, 0x10).data
            #expect(prints == [1, 0, 4, 0, 4, 0] + card.textRecord + card.photo + card.fingerprints)
            let append = try host.exchange(framing, 0x30, 0x03)
            #expect(append.status == (card.appendedAddress == nil ? 0x91 : 0x90))
            #expect(append.data == card.appendedAddress ?? [])
            reader.lift()
            #expect(try host.exchange(framing, 0x30, 0x03).status == 0x41)
            // How the device took the end of it is known once it has hung up.
            host.endOutput()
            host.expectHangUp()
            #expect(host.connection.failure == nil)
        }
        #expect(reader.requests == [.samID, .find, .find, .select, .read, .read, .append, .append])
    }

    @Test(arguments: SDTUSBFraming.allCases)
    func anAnswerWaitsForItsTransferAndATransferForItsAnswer(framing: SDTUSBFraming) throws {
        try USBIPHost.run(VirtualUSBReader(framing: framing)) { host throws in
            let asked = try host.submit(endpoint: 1, input: true, length: 4096)
            try host.request(framing, 0x12, 0xFF)
            #expect(try host.result(of: asked).data.count == (framing == .split ? 7 : 27))
        }
    }

    @Test func aTransferIsFullBeforeItIsShort() throws {
        let reader = VirtualUSBReader(framing: .whole)
        reader.lay(try card())
        try USBIPHost.run(reader) { host throws in
            _ = try host.exchange(.whole, 0x20, 0x01)
            _ = try host.exchange(.whole, 0x20, 0x02)
            try host.request(.whole, 0x30, 0x01)
            #expect((0..<10).map { _ in try? host.input(0x81, 128).data.count } == Array(repeating: 128, count: 10))
            // 1295 - 1280: the short packet.
            #expect(try host.input(0x81, 128).data.count == 15)
        }
    }

    @Test func aTransferThatMustNotBeShortSaysSo() throws {
        try USBIPHost.run(VirtualUSBReader(framing: .whole)) { host throws in
            try host.request(.whole, 0x12, 0xFF)
            let asked = try host.submit(endpoint: 1, input: true, length: 64, flags: 1)
            #expect(try host.result(of: asked).status == -121)
        }
    }

    @Test func aFrameThatFillsItsPacketsEndsWithAnEmptyOne() {
        #expect(USBPacket.transfer([UInt8](repeating: 1, count: 128), packetSize: 64).map(\.bytes.count) == [64, 64, 0])
        #expect(USBPacket.transfer([UInt8](repeating: 1, count: 129), packetSize: 64).map(\.bytes.count) == [64, 64, 1])
    }

    @Test(arguments: SDTUSBFraming.allCases)
    func aTransferGivenUpTakesNothingWithIt(framing: SDTUSBFraming) throws {
        try USBIPHost.run(VirtualUSBReader(framing: framing)) { host throws in
            let asked = try host.submit(endpoint: 1, input: true, length: 4096)
            #expect(try host.unlink(asked) == -104)
            #expect(try host.unlink(asked) == 0)
            // The answer to the request is not lost with it.
            #expect(try host.exchange(framing, 0x12, 0xFF).data.count == 16)
        }
    }

    @Test func aSplitRequestNeedsItsHeader() throws {
        let reader = VirtualUSBReader(framing: .split)
        try USBIPHost.run(reader) { host throws in
            let frame = USBIPHost.frame(0x11, 0xFF)
            #expect(try host.output(6, Array(frame.dropFirst(7))).status == 0)
            #expect(try host.output(2, Array(frame.prefix(3))).status == 0)
            #expect(try host.output(6, Array(frame.dropFirst(7))).status == 0)
            #expect(reader.requests.isEmpty)
            // A body may come in pieces.
            #expect(try host.output(2, Array(frame.prefix(7))).status == 0)
            #expect(try host.output(6, [0x11]).status == 0)
            #expect(try host.output(6, [0xFF, frame[9]]).status == 0)
            #expect(reader.requests == [.status])
            // One without its body keeps the next from being taken.
            #expect(try host.output(2, Array(frame.prefix(7))).status == 0)
            #expect(try host.output(2, Array(USBIPHost.frame(0x30, 0x03).prefix(7))).status == 0)
            #expect(try host.output(6, Array(frame.dropFirst(7))).status == 0)
            #expect(reader.requests == [.status, .status])
        }
    }

    // MARK: Faults on the bus

    @Test(arguments: SDTUSBFraming.allCases)
    func aHaltedInputFailsUntilItIsCleared(framing: SDTUSBFraming) throws {
        let reader = VirtualUSBReader(framing: framing)
        reader.inject(SDTUSBFault.haltInput, at: .samID)
        try USBIPHost.run(reader) { host throws in
            let asked = try host.submit(endpoint: 1, input: true, length: 4096)
            try host.request(framing, 0x12, 0xFF)
            #expect(try host.result(of: asked).status == -32)
            #expect(try host.input(0x81).status == -32)
            #expect(try host.control([0x02, 1, 0, 0, 0x81, 0, 0, 0]).status == 0)
            #expect(try host.exchange(framing, 0x12, 0xFF).data.count == 16)
        }
    }

    @Test(arguments: SDTUSBFraming.allCases)
    func aHaltedOutputFailsUntilItIsCleared(framing: SDTUSBFraming) throws {
        let reader = VirtualUSBReader(framing: framing)
        reader.inject(SDTUSBFault.haltOutput, at: .samID)
        try USBIPHost.run(reader) { host throws in
            #expect(try host.exchange(framing, 0x12, 0xFF).data.count == 16)
            #expect(try host.output(2, USBIPHost.frame(0x12, 0xFF)).status == -32)
            #expect(try host.control([0x00, 9, 1, 0, 0, 0, 0, 0]).status == 0)
            #expect(try host.exchange(framing, 0x12, 0xFF).data.count == 16)
        }
    }

    @Test func aShortHeaderComesInTwoTransfers() throws {
        let reader = VirtualUSBReader(framing: .split)
        reader.inject(SDTUSBFault.shortHeader)
        try USBIPHost.run(reader) { host throws in
            try host.request(.split, 0x12, 0xFF)
            let counts = try [0x81, 0x81, 0x85].map { try host.input($0).data.count }
            #expect(counts == [3, 4, 20])
        }
    }

    @Test func anEmptyPacketComesBeforeTheLast() throws {
        for framing in SDTUSBFraming.allCases {
            let reader = VirtualUSBReader(framing: framing)
            reader.inject(SDTUSBFault.zeroLength)
            try USBIPHost.run(reader) { host throws in
                try host.request(framing, 0x12, 0xFF)
                if framing == .split { #expect(try host.input(0x81).data.count == 7) }
                let last: UInt32 = framing == .split ? 0x85 : 0x81
                #expect(try host.input(last) == USBIPHost.Result(status: 0, data: [], actualLength: 0))
                #expect(try host.input(last).data.count == (framing == .split ? 20 : 27))
            }
        }
    }

    @Test func oddPacketsAreTheSameFrame() throws {
        let reader = VirtualUSBReader(framing: .whole)
        try USBIPHost.run(reader) { host throws in
            let whole = try host.exchange(.whole, 0x12, 0xFF).data
            reader.inject(SDTUSBFault.oddPackets)
            try host.request(.whole, 0x12, 0xFF)
            var frame: [UInt8] = []
            var sizes: [Int] = []
            while frame.count < 27 {
                let piece = try host.input(0x81).data
                sizes.append(piece.count)
                frame += piece
            }
            #expect(sizes == [1, 2, 3, 5, 8, 8])
            #expect(Array(frame[10..<26]) == whole)
        }
    }

    @Test func babbleIsSaidToBeTooMuch() throws {
        let reader = VirtualUSBReader(framing: .whole)
        reader.inject(SDTUSBFault.babble)
        try USBIPHost.run(reader) { host throws in
            try host.request(.whole, 0x12, 0xFF)
            #expect(try host.input(0x81).status == -75)
            #expect(try host.exchange(.whole, 0x12, 0xFF).data.count == 16)
            // And so is a packet longer than what was asked for.
            try host.request(.whole, 0x12, 0xFF)
            #expect(try host.input(0x81, 16).status == -75)
        }
    }

    @Test func silenceIsAFaultOfTheProtocol() throws {
        let reader = VirtualUSBReader(framing: .split)
        reader.inject(SDTReaderCore.Fault.stall, at: .samID)
        try USBIPHost.run(reader) { host throws in
            try host.request(.split, 0x12, 0xFF)
            let asked = try host.submit(endpoint: 1, input: true, length: 4096)
            #expect(try host.unlink(asked) == -104)
        }
    }

    @Test func aLateAnswerIsAFrameOfItsOwn() throws {
        let reader = VirtualUSBReader(framing: .split)
        reader.inject(SDTReaderCore.Fault.late, at: .samID)
        try USBIPHost.run(reader) { host throws in
            try host.request(.split, 0x12, 0xFF)
            try host.request(.split, 0x11, 0xFF)
            let counts = try [0x81, 0x85, 0x81, 0x85].map { try host.input($0).data.count }
            #expect(counts == [7, 20, 7, 4])
        }
    }
}
