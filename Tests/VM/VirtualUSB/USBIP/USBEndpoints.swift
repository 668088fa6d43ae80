/// The bulk endpoints of a device: packets that wait for the host, and transfers of the host that wait for packets.
struct USBEndpoints: Sendable {
    private struct Endpoint {
        var isHalted = false
        var packets: [USBPacket] = []
        var waiting: [USBIPRequest.Transfer] = []
    }

    private let packetSize: Int
    private var endpoints: [UInt8: Endpoint]

    init(addresses: [UInt8], packetSize: Int) {
        self.packetSize = packetSize
        endpoints = Dictionary(addresses.map { ($0, Endpoint()) }, uniquingKeysWith: { first, _ in first })
    }

    func isHalted(_ address: UInt8) -> Bool { endpoints[address]?.isHalted ?? true }

    /// How many transfers of the host wait for packets.
    func waiting(_ address: UInt8) -> Int { endpoints[address]?.waiting.count ?? 0 }

    /// Takes the host's request for input.
    mutating func ask(_ transfer: USBIPRequest.Transfer) -> USBIPConnection.Reaction {
        guard endpoints[transfer.address] != nil else {
            return .init(replies: [.submitted(sequence: transfer.sequence, status: .stalled)])
        }
        endpoints[transfer.address]?.waiting.append(transfer)
        return match(transfer.address)
    }

    /// Puts packets behind those that wait already.
    mutating func send(_ packets: [USBPacket], on address: UInt8) -> USBIPConnection.Reaction {
        endpoints[address]?.packets += packets
        return match(address)
    }

    /// Halts an endpoint: every transfer on it fails until the host clears it.
    mutating func halt(_ address: UInt8) -> USBIPConnection.Reaction {
        endpoints[address]?.isHalted = true
        return match(address)
    }

    mutating func clearHalt(_ address: UInt8) -> USBIPConnection.Reaction {
        endpoints[address]?.isHalted = false
        return match(address)
    }

    /// What SET_CONFIGURATION and SET_INTERFACE do: nothing is halted and nothing is held. The host has given up its transfers before.
    mutating func restart() {
        for address in endpoints.keys {
            endpoints[address]?.isHalted = false
            endpoints[address]?.packets = []
        }
    }

    /// Gives up a waiting transfer. Its packets stay for the next one. False when it is done already.
    mutating func unlink(_ sequence: UInt32) -> Bool {
        for address in endpoints.keys {
            guard let index = endpoints[address]?.waiting.firstIndex(where: { $0.sequence == sequence }) else { continue }
            endpoints[address]?.waiting.remove(at: index)
            return true
        }
        return false
    }

    /// Ends what can end, in the order it was asked for.
    private mutating func match(_ address: UInt8) -> USBIPConnection.Reaction {
        var reaction = USBIPConnection.Reaction()
        guard var endpoint = endpoints[address] else { return reaction }
        while let transfer = endpoint.waiting.first, !reaction.isPulled {
            if endpoint.isHalted {
                reaction.replies.append(.submitted(sequence: transfer.sequence, status: .stalled))
            } else if let fill = fill(transfer, from: endpoint.packets) {
                endpoint.packets.removeFirst(fill.taken)
                reaction.replies.append(.submitted(sequence: transfer.sequence, status: fill.status, data: fill.data))
                reaction.isPulled = fill.isPulled
            } else {
                break
            }
            endpoint.waiting.removeFirst()
        }
        endpoints[address] = endpoint
        return reaction
    }

    private struct Fill {
        var data: [UInt8] = []
        var taken = 0
        var status = USBStatus.done
        var isPulled = false
    }

    /// A transfer ends with a short packet or when it is full; nil when the packets there are do neither.
    private func fill(_ transfer: USBIPRequest.Transfer, from packets: [USBPacket]) -> Fill? {
        var fill = Fill()
        for packet in packets {
            fill.taken += 1
            let isFull = fill.data.count + packet.bytes.count >= transfer.length
            let ends = packet.bytes.count < packetSize || isFull
            switch packet.trouble {
            case .pulledWithin:
                fill.data = Array((fill.data + packet.bytes).prefix(transfer.length))
                (fill.status, fill.isPulled) = (.broken, true)
                return fill
            case .babble:
                fill.status = .babble
                return fill
            case .pulledAfter: fill.isPulled = true
            case nil: break
            }
            guard fill.data.count + packet.bytes.count <= transfer.length else {
                fill.data = Array((fill.data + packet.bytes).prefix(transfer.length))
                fill.status = .babble
                return fill
            }
            fill.data += packet.bytes
            if ends || fill.isPulled {
                if !ends { fill.status = .broken }
                if fill.status == .done, transfer.shortIsError, fill.data.count < transfer.length { fill.status = .short }
                return fill
            }
        }
        return nil
    }
}
