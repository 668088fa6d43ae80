internal import Bench

/// The reader behind the endpoints: takes requests off them, asks the core, and lays the answers on them with what shall go wrong.
struct SDTUSBFront: Sendable {
    typealias Step = SDTReaderCore.Step

    enum Action: Equatable {
        case send([USBPacket], on: UInt8)
        case halt(UInt8)
        case pullPlug
    }

    private struct Injection {
        var fault: SDTUSBFault
        var step: Step?
        var times: Int
    }

    private struct Unplugging {
        var step: Step
        var bytes: Int
    }

    let framing: SDTUSBFraming
    let packetSize: Int
    var core = SDTReaderCore()
    private var header: [UInt8] = []
    private var body: [UInt8] = []
    private var injections: [Injection] = []
    private var unplugging: Unplugging?

    init(framing: SDTUSBFraming, packetSize: Int) {
        self.framing = framing
        self.packetSize = packetSize
    }

    mutating func inject(_ fault: SDTUSBFault, at step: Step?, times: Int) {
        injections.append(Injection(fault: fault, step: step, times: times))
    }

    mutating func clearFaults() {
        core.clearFaults()
        injections = []
        unplugging = nil
    }

    /// The plug is pulled when `step` is asked for next: once the request is there and `bytes` of its answer have been sent.
    mutating func unplug(at step: Step, afterBytes bytes: Int) {
        unplugging = Unplugging(step: step, bytes: bytes)
    }

    /// Power off and on.
    mutating func restart() {
        core.restart()
        header = []
        body = []
    }

    /// Takes what the host sent in one transfer.
    mutating func receive(_ bytes: [UInt8], on endpoint: UInt8) -> [Action] {
        guard let request = request(bytes, on: endpoint) else { return [] }
        return core.answers(to: request).flatMap { act($0) }
    }

    /// The bytes of the request stream that a transfer completes. A body without a header before it is no request.
    private mutating func request(_ bytes: [UInt8], on endpoint: UInt8) -> [UInt8]? {
        guard framing == .split else { return bytes }
        if endpoint == SDTUSBFraming.firstOutput {
            // Who waits for a body takes no other header: a host that breaks off between the two puts itself out of step.
            if header.count != SDTUSBFraming.headerLength { header = bytes }
            return nil
        }
        guard header.count == SDTUSBFraming.headerLength else { return nil }
        body += bytes
        guard body.count >= Int(header[5]) << 8 | Int(header[6]) else { return nil }
        defer { (header, body) = ([], []) }
        return header + body
    }

    private mutating func act(_ answer: SDTReaderCore.Answer) -> [Action] {
        let fault = answer.step.flatMap { takeFault($0) }
        if fault == .haltInput { return [.halt(SDTUSBFraming.firstInput)] }
        var actions = answer.frames.flatMap { lay($0, fault) }
        if fault == .haltOutput { actions.append(.halt(SDTUSBFraming.firstOutput)) }
        guard let unplugging, unplugging.step == answer.step else { return actions }
        self.unplugging = nil
        return Self.cut(actions, afterBytes: unplugging.bytes)
    }

    private mutating func takeFault(_ step: Step) -> SDTUSBFault? {
        guard let index = injections.firstIndex(where: { $0.step == nil || $0.step == step }) else { return nil }
        let fault = injections[index].fault
        injections[index].times -= 1
        if injections[index].times <= 0 { injections.remove(at: index) }
        return fault
    }

    private func lay(_ frame: [UInt8], _ fault: SDTUSBFault?) -> [Action] {
        var transfers = framing.transfers(frame).map { (endpoint: $0.endpoint, packets: USBPacket.transfer($0.bytes, packetSize: packetSize)) }
        switch fault {
        case .shortHeader:
            let first = transfers.removeFirst()
            let bytes = first.packets.flatMap(\.bytes)
            let pieces = [Array(bytes.prefix(3)), Array(bytes.dropFirst(3))].flatMap { USBPacket.transfer($0, packetSize: packetSize) }
            transfers.insert((first.endpoint, pieces), at: 0)
        case .zeroLength:
            let last = transfers.count - 1
            transfers[last].packets.insert(USBPacket(bytes: []), at: transfers[last].packets.count - 1)
        case .oddPackets:
            for index in transfers.indices { transfers[index].packets = odd(transfers[index].packets.flatMap(\.bytes)) }
        case .babble: transfers[0].packets = [USBPacket(bytes: [], trouble: .babble)]
        case .haltInput, .haltOutput, nil: break
        }
        return transfers.map { .send($0.packets, on: $0.endpoint) }
    }

    private func odd(_ bytes: [UInt8]) -> [USBPacket] {
        let sizes = [1, 2, 3, 5, 8, 13, 21, 34, 55]
        var packets: [USBPacket] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            packets.append(USBPacket(bytes: Array(rest.prefix(sizes[packets.count % sizes.count]))))
            rest = rest.dropFirst(sizes[(packets.count - 1) % sizes.count])
        }
        return packets
    }

    /// Lets only the first `bytes` of the answer through and pulls the plug there, or behind a shorter answer.
    static func cut(_ actions: [Action], afterBytes bytes: Int) -> [Action] {
        guard bytes > 0 else { return [.pullPlug] }
        var left = bytes
        var kept: [Action] = []
        for action in actions where left > 0 {
            guard case .send(let packets, let endpoint) = action else { continue }
            var through: [USBPacket] = []
            for var packet in packets where left > 0 {
                if packet.bytes.count >= left {
                    packet.trouble = packet.bytes.count == left ? .pulledAfter : .pulledWithin
                    packet.bytes = Array(packet.bytes.prefix(left))
                }
                left -= packet.bytes.count
                through.append(packet)
            }
            kept.append(.send(through, on: endpoint))
        }
        return left > 0 ? kept + [.pullPlug] : kept
    }
}
