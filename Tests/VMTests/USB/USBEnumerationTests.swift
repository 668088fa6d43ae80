import Bench
import Testing

@testable import VirtualUSB

/// What the kernel asks a new device, and what it is told.
@Suite struct USBEnumerationTests {
    @Test func theDeviceSaysItIsAFullSpeedReader() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        let device = try host.control([0x80, 6, 0, 1, 0, 0, 64, 0])
        #expect(device.status == 0)
        #expect(device.data == [18, 1, 0x10, 0x01, 0, 0, 0, 8, 0x00, 0x04, 0x5A, 0xC3, 0x00, 0x01, 1, 2, 0, 1])
        // As kernels do: the first 8 bytes, to learn the packet size.
        #expect(try host.control([0x80, 6, 0, 1, 0, 0, 8, 0]).data == Array(device.data.prefix(8)))
    }

    @Test func theSplitReaderHasFourBulkEndpoints() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        let head = try host.control([0x80, 6, 0, 2, 0, 0, 9, 0]).data
        #expect(head == [9, 2, 46, 0, 1, 1, 0, 0x80, 100])
        let whole = try host.control([0x80, 6, 0, 2, 0, 0, 46, 0]).data
        #expect(
            whole == head + [9, 4, 0, 0, 4, 0xFF, 0, 0, 0] + [7, 5, 0x02, 2, 64, 0, 0] + [7, 5, 0x06, 2, 64, 0, 0] + [7, 5, 0x81, 2, 64, 0, 0]
                + [7, 5, 0x85, 2, 64, 0, 0])
    }

    @Test func theWholeReaderHasTwoBulkEndpoints() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .whole))
        let whole = try host.control([0x80, 6, 0, 2, 0, 0, 0xFF, 0]).data
        #expect(
            whole == [9, 2, 32, 0, 1, 1, 0, 0x80, 100] + [9, 4, 0, 0, 2, 0xFF, 0, 0, 0] + [7, 5, 0x02, 2, 64, 0, 0] + [7, 5, 0x81, 2, 64, 0, 0])
    }

    @Test func itHasAMakerAndAName() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .whole))
        #expect(try host.control([0x80, 6, 0, 3, 0, 0, 0xFF, 0]).data == [4, 3, 9, 4])
        for (index, text) in [(1, "CivicKiosk bench"), (2, "SDT ID-card reader")] {
            let string = try host.control([0x80, 6, UInt8(index), 3, 9, 4, 0xFF, 0]).data
            #expect(string == [UInt8(2 + 2 * text.count), 3] + text.utf8.flatMap { [$0, 0] })
        }
        #expect(try host.control([0x80, 6, 3, 3, 9, 4, 0xFF, 0]).status == -32)
    }

    @Test func aFullSpeedDeviceHasNoQualifier() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        #expect(try host.control([0x80, 6, 0, 6, 0, 0, 10, 0]) == USBIPHost.Result(status: -32, data: [], actualLength: 0))
        // The stall of endpoint 0 ends by itself with the next request.
        #expect(try host.control([0x80, 6, 0, 1, 0, 0, 18, 0]).data.count == 18)
    }

    @Test func aConfigurationIsChosenAndTold() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        #expect(try host.control([0x80, 8, 0, 0, 0, 0, 1, 0]).data == [0])
        #expect(try host.control([0x00, 9, 2, 0, 0, 0, 0, 0]).status == -32)
        #expect(try host.control([0x00, 9, 1, 0, 0, 0, 0, 0]).status == 0)
        #expect(try host.control([0x80, 8, 0, 0, 0, 0, 1, 0]).data == [1])
        #expect(try host.control([0x80, 0, 0, 0, 0, 0, 2, 0]).data == [0, 0])
        #expect(try host.control([0x01, 11, 0, 0, 0, 0, 0, 0]).status == 0)
        #expect(try host.control([0x01, 11, 1, 0, 0, 0, 0, 0]).status == -32)
    }

    @Test func anUnknownRequestIsStalled() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        for setup: [UInt8] in [
            [0xC0, 1, 0, 0, 0, 0, 8, 0], [0x40, 1, 0, 0, 0, 0, 0, 0], [0x80, 6, 0, 0x22, 0, 0, 8, 0], [0x82, 0, 0, 0, 0x83, 0, 2, 0],
            [0x02, 1, 0, 0, 0x03, 0, 0, 0],
        ] {
            #expect(try host.control(setup).status == -32)
        }
    }

    @Test func theHostMayHaltAndClearAnEndpoint() throws {
        let reader = VirtualUSBReader(framing: .whole)
        try USBIPHost.run(reader) { host throws in
            #expect(try host.control([0x82, 0, 0, 0, 0x02, 0, 2, 0]).data == [0, 0])
            #expect(try host.control([0x02, 3, 0, 0, 0x02, 0, 0, 0]).status == 0)
            #expect(try host.control([0x82, 0, 0, 0, 0x02, 0, 2, 0]).data == [1, 0])
            #expect(try host.output(2, USBIPHost.frame(0x12, 0xFF)).status == -32)
            #expect(reader.requests.isEmpty)
            #expect(try host.control([0x02, 1, 0, 0, 0x02, 0, 0, 0]).status == 0)
            #expect(try host.exchange(.whole, 0x12, 0xFF).data.count == 16)
        }
    }

    @Test func anEndpointItDoesNotHaveIsStalled() throws {
        try USBIPHost.run(VirtualUSBReader(framing: .whole)) { host throws in
            #expect(try host.output(6, [1, 2, 3]).status == -32)
            #expect(try host.input(0x85).status == -32)
        }
    }
}
