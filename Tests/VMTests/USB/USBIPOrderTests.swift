import Bench
import SeededRandom
import Testing

@testable import VirtualUSB

/// vhci-hcd drops a device that answers a transfer which it has given back already, and waits for ever for one that isn't answered.
@Suite struct USBIPOrderTests {
    /// vhci-hcd as far as the order of messages goes: its lists, its sender's two halves (vhci_tx.c) and its receiver (vhci_rx.c), one step at a time.
    private struct Controller {
        private(set) var sequence: UInt32
        private var submissions: [USBIPRequest.Transfer] = []
        private var unlinks: [(sequence: UInt32, target: UInt32)] = []
        private var sent: Set<UInt32> = []
        private var unlinked: [UInt32: UInt32] = [:]
        private var sendsUnlinks = false
        /// Not given back yet, and whether the driver has given it up.
        private(set) var pending: [UInt32: Bool] = [:]
        private(set) var isDropped = false

        init(sequence: UInt32) {
            self.sequence = sequence
        }

        mutating func submit(_ address: UInt8, _ data: [UInt8] = []) {
            sequence &+= 1
            let isInput = address & 0x80 != 0
            submissions.append(
                .init(sequence: sequence, endpoint: address & 0x0F, isInput: isInput, length: isInput ? 4096 : data.count, data: data))
            pending[sequence] = false
        }

        mutating func giveUp(_ target: UInt32) {
            guard pending[target] == false else { return }
            pending[target] = true
            sequence &+= 1
            unlinks.append((sequence, target))
        }

        /// The sender sends one message, or goes over to its other list.
        mutating func send() -> USBIPRequest? {
            if sendsUnlinks, !unlinks.isEmpty {
                let unlink = unlinks.removeFirst()
                unlinked[unlink.sequence] = unlink.target
                return .unlink(sequence: unlink.sequence, target: unlink.target)
            }
            if !sendsUnlinks, !submissions.isEmpty {
                sent.insert(submissions[0].sequence)
                return .submit(submissions.removeFirst())
            }
            sendsUnlinks.toggle()
            return nil
        }

        mutating func receive(_ reply: USBIPReply) {
            switch reply {
            case .submitted(let sequence, _, _, _):
                if sent.remove(sequence) == nil { isDropped = true }
                pending[sequence] = nil
            case .unlinked(let sequence, _):
                guard let target = unlinked.removeValue(forKey: sequence), sent.remove(target) != nil else { return }
                pending[target] = nil
            }
        }
    }

    private static let asking: [UInt8] = USBIPHost.frame(0x12, 0xFF)

    @Test(arguments: 1...400 as ClosedRange<UInt64>) func everyTransferIsGivenBackOnceWhateverOvertakesWhat(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        // Every fourth run passes the last number.
        var kernel = Controller(sequence: seed % 4 == 0 ? .max - 40 : 2700)
        var device = SDTUSBDevice(framing: .whole)
        var early = USBEarlyUnlinks()
        var toDevice: [USBIPRequest] = []
        var toKernel: [USBIPReply] = []

        func step(_ choice: Int) {
            switch choice {
            case 0: kernel.submit(0x81)
            case 1: kernel.submit(0x02, Self.asking)
            case 2: kernel.pending.keys.sorted().randomElement(using: &random).map { kernel.giveUp($0) }
            case 3, 4: kernel.send().map { toDevice.append($0) }
            case 5, 6: if !toDevice.isEmpty { toKernel += early.pass(toDevice.removeFirst()) { device.handle($0) }.replies }
            default: if !toKernel.isEmpty { kernel.receive(toKernel.removeFirst()) }
            }
        }
        for _ in 0..<600 { step(Int.random(in: 0...8, using: &random)) }
        for target in kernel.pending.keys.sorted() { kernel.giveUp(target) }
        for _ in 0..<1500 { for choice in 3...7 { step(choice) } }
        #expect(!kernel.isDropped)
        #expect(kernel.pending.isEmpty)
    }

    /// The same over a real connection: nothing follows the answer to such an unlink, and the reader goes on.
    @Test func aTransferThatWasGivenUpBeforeItCameIsNeverBegun() throws {
        let reader = VirtualUSBReader(framing: .whole)
        try USBIPHost.run(reader) { host throws in
            #expect(try host.outputGivenUp(2, Self.asking) == -104)
            #expect(reader.requests.isEmpty)
            _ = try host.exchange(.whole, 0x12, 0xFF)
            #expect(reader.requests == [.samID])
            #expect(host.unclaimed == 0)
        }
    }
}
