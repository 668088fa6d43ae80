import Bench
import DeviceLink
import Glibc
import IDCardReaderShim
import KioskModel
import Testing

@testable import IDCardReader
@testable import VirtualUSB

/// What goes wrong on the bus, over and above the contract that holds for every line.
@Suite struct USBFaultTests {
    private static let lines: [ReaderLine] = [.usbSplit, .usbWhole]

    private func citizen(_ id: String = "moved") throws -> SyntheticCitizen { try #require(SyntheticCitizen.named(id)) }

    private func run(_ line: ReaderLine, _ body: (ReaderBench, USBPipeReader) async throws -> Void) async throws {
        try await ReaderBench.run(line) { bench in
            try await body(bench, try #require(bench.simulator as? USBPipeReader))
        }
    }

    private static let disturbances: [(fault: SDTUSBFault, step: SDTReaderCore.Step)] = SDTUSBFault.allCases
        .flatMap { fault in [.samID, .reset, .find, .select, .read, .append].map { (fault, $0) } }

    /// One halted endpoint, babble, or oddly cut answer at any step costs a retry, nothing else.
    @Test(arguments: lines, disturbances)
    func oneDisturbedTransferIsMended(line: ReaderLine, disturbance: (fault: SDTUSBFault, step: SDTReaderCore.Step)) async throws {
        let citizen = try citizen()
        try await run(line) { bench, reader in
            bench.simulator.lay(SyntheticCard(citizen))
            reader.inject(disturbance.fault, at: disturbance.step)
            try bench.expectRead(citizen)
        }
    }

    /// Packets however cut are no disturbance at all: nothing is asked twice.
    @Test(arguments: lines, [SDTUSBFault.shortHeader, .zeroLength, .oddPackets])
    func howAnAnswerIsCutIntoPacketsDoesNotMatter(line: ReaderLine, fault: SDTUSBFault) async throws {
        let citizen = try citizen()
        try await run(line) { bench, reader in
            bench.simulator.lay(SyntheticCard(citizen))
            reader.inject(fault, times: 1000)
            try bench.expectRead(citizen)
            #expect(bench.simulator.requests == [.samID, .reset, .find, .select, .read, .append])
        }
    }

    @Test(arguments: lines, [(SDTUSBFault.haltInput, "reader.stalled"), (.babble, "reader.overflow")])
    func alwaysDisturbedTransfersAreAFaultAndEndWithTheDisturbance(line: ReaderLine, expected: (fault: SDTUSBFault, code: String)) async throws {
        let citizen = try citizen()
        try await run(line) { bench, reader in
            bench.simulator.lay(SyntheticCard(citizen))
            reader.inject(expected.fault, at: .read, times: 1000)
            let thrown = #expect(throws: DeviceFault.self) { try bench.read() }
            #expect(thrown?.code == expected.code)
            #expect(thrown?.action == .reset)
            bench.simulator.clearFaults()
            try bench.expectRead(citizen)

            reader.inject(expected.fault, times: 1000)
            let status = bench.driver.poll()
            #expect(status.state == .offline)
            #expect(status.fault?.code == expected.code)
            bench.simulator.clearFaults()
            #expect(bench.driver.poll().state == .ready)
        }
    }

    /// Pulled at any step, before, within and after its answer: a fault that says so, and the next reading is right.
    @Test(arguments: lines, [SDTReaderCore.Step.samID, .reset, .find, .select, .read, .append])
    func aReaderPulledAtAnyStepIsAbsentAndReadAgainWhenItIsBack(line: ReaderLine, step: SDTReaderCore.Step) async throws {
        let citizen = try citizen()
        try await run(line) { bench, reader in
            for bytes in [0, 3, 7, 8, 64, 71, 700] {
                bench.restartDriver()
                bench.simulator.lay(SyntheticCard(citizen))
                reader.unplug(at: step, afterBytes: bytes)
                do {
                    // Pulled behind the last answer, a reader has done its work.
                    try bench.expectRead(citizen)
                    #expect(step == .append && bytes == 700)
                } catch let fault as DeviceFault {
                    #expect(fault.code == "reader.absent", "\(bytes) bytes")
                }
                #expect(bench.driver.poll().state == .absent)
                try bench.simulator.replug()
                #expect(bench.driver.poll().state == .ready)
                try bench.expectRead(citizen)
            }
        }
    }

    /// A transfer asks for whole packets, and for no packet more than the reply has: a reply that fills its last packet has nothing to end
    /// a longer one.
    @Test(arguments: lines)
    func transfersAskForThePacketsOfTheReplyAndNoMore(line: ReaderLine) async throws {
        let citizen = try citizen()
        try await run(line) { bench, reader in
            bench.simulator.lay(SyntheticCard(citizen))
            try bench.expectRead(citizen)
            let inputs = reader.transfers.filter { $0.endpoint & 0x80 != 0 && $0.count < 3072 }
            #expect(!inputs.isEmpty)
            #expect(inputs.allSatisfy { $0.count % 64 == 0 && $0.count <= 1344 })
            // 1295 bytes: the header's packet and 1288, or a packet and the 1231 that are left.
            #expect(inputs.contains { $0.count == (line == .usbSplit ? 1344 : 1280) })
            let outputs = reader.transfers.filter { $0.endpoint & 0x80 == 0 }
            #expect(Set(outputs.map(\.count)) == (line == .usbSplit ? [7, 3] : [10]))
            #expect(Set(outputs.map(\.endpoint)) == (line == .usbSplit ? [2, 6] : [2]))
        }
    }

    /// What a host that died left unread is thrown away on opening, on both endpoints.
    @Test(arguments: lines)
    func aRecordThatNobodyFetchedIsNotTheNextOnes(line: ReaderLine) async throws {
        let (first, second) = (try citizen("resident"), try citizen("rare"))
        try await run(line) { bench, reader in
            bench.simulator.lay(SyntheticCard(first))
            let handle = try reader.openHandle()
            var (status, data) = (UInt8(0), [UInt8](repeating: 0, count: 16))
            #expect(kiosk_reader_run(handle, Int32(KIOSK_READER_FIND), &status, &data, data.count, 1000) == 4)
            #expect(kiosk_reader_run(handle, Int32(KIOSK_READER_SELECT), &status, &data, data.count, 1000) == 8)
            #expect(kiosk_reader_send(handle, Int32(KIOSK_READER_READ), 1000) == 0)
            kiosk_reader_close(handle)
            #expect(bench.simulator.requests.last == .read)

            bench.simulator.lay(SyntheticCard(second))
            try bench.expectRead(second)
            #expect(bench.simulator.requests.suffix(6) == [.samID, .reset, .find, .select, .read, .append])
        }
    }

    /// A device that stays on the bus and takes nothing: sending ends with the command's deadline, however long the reader may have.
    @Test func aReaderThatTakesNothingEndsWithTheDeadline() throws {
        let pipe = DeafPipe()
        let connection = ReaderConnection(handle: try openReader(over: pipe))
        #expect(throws: ReaderFailure.timeout) { try connection.run(.samID, limit: 60_000, context: ReaderBench.context(200)) }
        #expect(pipe.waited <= 200, "\(pipe.waited) ms")
        #expect(!connection.isInStep)
    }
}

/// Nothing moves on it, in either direction.
private final class DeafPipe: USBPipe {
    /// Milliseconds that the driver has waited for it to take something.
    private(set) var waited: Int32 = 0

    func open(_ layout: inout kiosk_usb_layout) -> Int32 {
        let endpoints = [0x02, 0x81].map { kiosk_usb_endpoint(address: $0, attributes: 2, max_packet: 64) }
        return kiosk_usb_choose(endpoints, endpoints.count, &layout)
    }

    func transfer(_ endpoint: UInt8, _ buffer: UnsafeMutableRawBufferPointer, moved: inout Int, timeout: Int32) -> Int32 {
        if endpoint & 0x80 == 0 {
            waited += timeout
            usleep(UInt32(timeout) * 1000)
        }
        return Int32(KIOSK_READER_TIMEOUT)
    }

    func close() {}
}
