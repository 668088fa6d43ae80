import Bench
import Foundation
import Testing

@testable import VirtualUSB

/// The plug is pulled, or the other end of the connection is broken.
@Suite(.timeLimit(.minutes(2))) struct USBUnplugTests {
    private static let requests: [(step: SDTReaderCore.Step, command: UInt8, parameter: UInt8)] = [
        (.reset, 0x10, 0xFF), (.status, 0x11, 0xFF), (.samID, 0x12, 0xFF), (.find, 0x20, 0x01), (.select, 0x20, 0x02), (.read, 0x30, 0x01),
        (.append, 0x30, 0x03),
    ]

    /// Asks in the order of a driver until the plug is pulled; returns how far it came.
    private func converse(_ framing: SDTUSBFraming, _ host: USBIPHost) throws -> USBIPHost.Failure? {
        do {
            for request in Self.requests { _ = try host.exchange(framing, request.command, request.parameter) }
            return nil
        } catch let failure as USBIPHost.Failure {
            return failure
        }
    }

    @Test(arguments: SDTUSBFraming.allCases, SDTReaderCore.Step.allCases)
    func thePlugIsPulledAtAStep(framing: SDTUSBFraming, step: SDTReaderCore.Step) throws {
        let reader = VirtualUSBReader(framing: framing)
        reader.lay(SyntheticCard(try #require(SyntheticCitizen.named("moved"))))
        reader.unplug(at: step)
        let steps = Self.requests.map(\.step)
        try USBIPHost.run(reader) { host throws in
            #expect(try converse(framing, host) == .hungUp)
            #expect(reader.requests == Array(steps.prefix(through: try #require(steps.firstIndex(of: step)))))
            #expect(host.connection.failure == nil)
        }
        // Plugged in again it does everything, with the card still there.
        try USBIPHost.run(reader) { host throws in #expect(try converse(framing, host) == nil) }
    }

    @Test func thePlugIsPulledWithinAnAnswer() throws {
        for (bytes, expected) in [
            (1, [(1, -71)]), (7, [(7, 0)]), (8, [(7, 0), (1, -71)]), (27, [(7, 0), (20, 0)]), (1000, [(7, 0), (20, 0)]),
        ] {
            let reader = VirtualUSBReader(framing: .split)
            reader.unplug(at: .samID, afterBytes: bytes)
            try USBIPHost.run(reader) { host throws in
                // Both transfers wait, as a driver's with two threads would.
                let waiting = try [host.submit(endpoint: 1, input: true, length: 7), host.submit(endpoint: 5, input: true, length: 4096)]
                let frame = USBIPHost.frame(0x12, 0xFF)
                _ = try host.output(2, Array(frame.prefix(7)))
                _ = try host.output(6, Array(frame.dropFirst(7)))
                for (sequence, (count, status)) in zip(waiting, expected) {
                    let result = try host.result(of: sequence)
                    #expect(result.status == Int32(status), "after \(bytes) bytes")
                    #expect(result.data.count == count, "after \(bytes) bytes")
                }
                host.expectHangUp()
            }
        }
    }

    @Test func aLongAnswerBreaksOffInTheMiddle() throws {
        let reader = VirtualUSBReader(framing: .whole)
        reader.lay(SyntheticCard(try #require(SyntheticCitizen.named("resident"))))
        reader.unplug(at: .read, afterBytes: 640)
        try USBIPHost.run(reader) { host throws in
            _ = try host.exchange(.whole, 0x20, 0x01)
            _ = try host.exchange(.whole, 0x20, 0x02)
            try host.request(.whole, 0x30, 0x01)
            let broken = try host.input(0x81)
            #expect(broken.status == -71)
            #expect(broken.data.count == 640)
            host.expectHangUp()
        }
    }

    @Test func whatWasAnsweredBeforeIsGoneWithThePlug() throws {
        let reader = VirtualUSBReader(framing: .whole)
        try USBIPHost.run(reader) { host throws in try host.request(.whole, 0x12, 0xFF) }
        try USBIPHost.run(reader) { host throws in
            let asked = try host.submit(endpoint: 1, input: true, length: 4096)
            #expect(try host.unlink(asked) == -104)
        }
    }

    // MARK: A broken other end

    @Test func theHostMayLeaveBetweenMessages() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        host.endOutput()
        host.expectHangUp()
        host.connection.close()
        #expect(host.connection.failure == nil)
    }

    @Test(arguments: [1, 20, 47])
    func aTruncatedHeaderEndsTheDevice(count: Int) throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        try host.write(Array(USBIPHost.message([1, 1, 0, 0, 2]).prefix(count)))
        host.endOutput()
        try expectEnd(host, .truncated(got: count, wanted: 48))
    }

    @Test func aTruncatedBodyEndsTheDevice() throws {
        let host = try USBIPHost(VirtualUSBReader(framing: .split))
        try host.write(USBIPHost.message([1, 1, 0, 0, 2, 0, 10]) + [1, 2, 3])
        host.endOutput()
        try expectEnd(host, .truncated(got: 3, wanted: 10))
    }

    @Test func garbageEndsTheDevice() throws {
        for (words, error): ([UInt32], USBIPError) in [
            ([9, 1], .command(9)), ([0x0111_8003], .command(0x0111_8003)), ([1, 1, 0, 7, 1], .direction(7)), ([1, 1, 0, 1, 99], .endpoint(99)),
            ([1, 1, 0, 1, 1, 0, .max], .length(.max)), ([1, 1, 0, 1, 1, 0, 64, 0, 8], .isochronous(8)),
        ] {
            let host = try USBIPHost(VirtualUSBReader(framing: .split))
            try host.write(USBIPHost.message(words))
            try expectEnd(host, error)
        }
    }

    private func expectEnd(_ host: USBIPHost, _ error: USBIPError) throws {
        host.endOutput()
        host.expectHangUp()
        host.connection.close()
        #expect(host.connection.failure == error)
        #expect(!host.connection.isOpen)
        #expect(!error.description.isEmpty)
    }

    // MARK: The controller's ports

    private static let status = """
        hub port sta spd dev      sockfd local_busid
        hs  0000 006 002 00010001 000003 1-1
        hs  0001 004 000 00000000 000000 0-0
        hs  0002 004 000 00000000 000000 0-0
        ss  0008 004 000 00000000 000000 0-0
        """

    @Test func theFirstFreeFullSpeedPortIsTaken() {
        let status = VHCIStatus(Self.status)
        #expect(status.ports.count == 4)
        #expect(status.port(0) == VHCIStatus.Port(hub: "hs", number: 0, state: .used, device: "1-1"))
        #expect(status.freePort() == 1)
        #expect(status.freePort(avoiding: 1) == 2)
        #expect(VHCIStatus("hub port sta spd dev sockfd local_busid\nss  0008 004 000 00000000 000000 0-0\n").freePort() == nil)
        #expect(VHCIStatus("nonsense").ports.isEmpty)
    }

    /// The controller takes the socket and doesn't keep it, as a kernel that refuses the device later.
    @Test func aConnectionThatHasEndedIsNotWaitedFor() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vhci-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(Self.status.utf8).write(to: folder.appending(path: "status"))
        try Data().write(to: folder.appending(path: "attach"))
        let reader = VirtualUSBReader(framing: .whole, controller: VHCIController(directory: folder.path))
        await #expect(throws: VHCIController.Failure.hungUp(port: 1)) { try await reader.plug(deadline: .seconds(3600)) }
        #expect(!reader.isPlugged)
    }

    @Test func aMissingControllerIsSaidToBeMissing() throws {
        let controller = VHCIController(directory: "/nonexistent/vhci_hcd.0")
        let thrown = #expect(throws: VHCIController.Failure.self) { try controller.status() }
        #expect(thrown == .missing(path: "/nonexistent/vhci_hcd.0/status"))
        #expect(thrown?.description.contains("modprobe vhci-hcd") == true)
        #expect(throws: VHCIController.Failure.missing(path: "/nonexistent/vhci_hcd.0/attach")) { try controller.attach(port: 0, socket: 3) }
    }
}
