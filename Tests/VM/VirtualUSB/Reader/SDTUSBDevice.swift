internal import Bench

/// The whole device without a wire: requests of the kernel in, reactions out.
struct SDTUSBDevice: Sendable {
    var front: SDTUSBFront
    private let descriptors: USBDescriptors
    private var control: USBControlEndpoint
    private var endpoints: USBEndpoints

    init(framing: SDTUSBFraming) {
        descriptors = framing.descriptors
        front = SDTUSBFront(framing: framing, packetSize: Int(descriptors.packetSize))
        control = USBControlEndpoint(descriptors: descriptors)
        endpoints = Self.endpoints(descriptors)
    }

    private static func endpoints(_ descriptors: USBDescriptors) -> USBEndpoints {
        USBEndpoints(addresses: descriptors.endpoints, packetSize: Int(descriptors.packetSize))
    }

    /// Power off and on: what the bus left behind is forgotten; the card and the faults stay.
    mutating func restart() {
        front.restart()
        control = USBControlEndpoint(descriptors: descriptors)
        endpoints = Self.endpoints(descriptors)
    }

    mutating func handle(_ request: USBIPRequest) -> USBIPConnection.Reaction {
        switch request {
        case .unlink(let sequence, let target): .init(replies: [.unlinked(sequence: sequence, found: endpoints.unlink(target))])
        case .submit(let transfer) where transfer.endpoint == 0: handleControl(transfer)
        case .submit(let transfer) where transfer.isInput: endpoints.ask(transfer)
        case .submit(let transfer): handleOutput(transfer)
        }
    }

    private mutating func handleOutput(_ transfer: USBIPRequest.Transfer) -> USBIPConnection.Reaction {
        guard !endpoints.isHalted(transfer.address) else { return .init(replies: [.submitted(sequence: transfer.sequence, status: .stalled)]) }
        var reaction = USBIPConnection.Reaction(replies: [
            .submitted(sequence: transfer.sequence, status: .done, sent: transfer.data.count)
        ])
        for action in front.receive(transfer.data, on: transfer.address) where !reaction.isPulled {
            switch action {
            case .send(let packets, let endpoint): reaction += endpoints.send(packets, on: endpoint)
            case .halt(let endpoint): reaction += endpoints.halt(endpoint)
            case .pullPlug: reaction.isPulled = true
            }
        }
        return reaction
    }

    private mutating func handleControl(_ transfer: USBIPRequest.Transfer) -> USBIPConnection.Reaction {
        var reaction = USBIPConnection.Reaction()
        var status = USBStatus.done
        var data: [UInt8] = []
        switch control.handle(setup: transfer.setup, isHalted: endpoints.isHalted) {
        case .data(let bytes): data = Array(bytes.prefix(transfer.length))
        case .done: break
        case .stall: status = .stalled
        case .configured: endpoints.restart()
        case .halt(let endpoint): reaction = endpoints.halt(endpoint)
        case .clearHalt(let endpoint): reaction = endpoints.clearHalt(endpoint)
        }
        let sent = status == .done && !transfer.isInput ? transfer.data.count : 0
        reaction.replies.insert(.submitted(sequence: transfer.sequence, status: status, sent: sent, data: data), at: 0)
        return reaction
    }
}

extension USBIPConnection.Reaction {
    static func += (left: inout Self, right: Self) {
        left.replies += right.replies
        left.isPulled = left.isPulled || right.isPulled
    }
}
