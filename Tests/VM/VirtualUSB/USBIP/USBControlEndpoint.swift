/// Endpoint 0: the standard requests of USB 2.0, 9.4, as a full-speed device without alternate settings answers them.
struct USBControlEndpoint: Sendable {
    let descriptors: USBDescriptors
    /// 0 until the host has chosen one.
    private(set) var configuration: UInt8 = 0

    init(descriptors: USBDescriptors) {
        self.descriptors = descriptors
    }

    enum Answer: Equatable {
        case data([UInt8])
        /// Nothing to send; done.
        case done
        case stall
        /// The configuration was set: halted endpoints run again and what they held is forgotten.
        case configured
        case halt(UInt8)
        case clearHalt(UInt8)
    }

    /// `isHalted` tells the state of a bulk endpoint.
    mutating func handle(setup: [UInt8], isHalted: (UInt8) -> Bool) -> Answer {
        guard setup.count == 8 else { return .stall }
        let (kind, request) = (setup[0], setup[1])
        let value = Int(setup[2]) | Int(setup[3]) << 8
        let index = Int(setup[4]) | Int(setup[5]) << 8
        let length = Int(setup[6]) | Int(setup[7]) << 8
        func data(_ bytes: [UInt8]?) -> Answer { bytes.map { .data(Array($0.prefix(length))) } ?? .stall }

        switch (kind, request) {
        case (0x80, 6): return data(descriptor(kind: value >> 8, index: value & 0xFF))
        case (0x80, 8): return data([configuration])
        case (0x80, 0): return data([0, 0])
        case (0x00, 9):
            guard value == 0 || value == Int(USBDescriptors.configurationValue) else { return .stall }
            configuration = UInt8(value)
            return .configured
        case (0x81, 0) where index == 0: return data([0, 0])
        case (0x81, 10) where index == 0: return data([0])
        case (0x01, 11) where index == 0 && value == 0: return .configured
        case (0x82, 0):
            guard let endpoint = endpoint(index) else { return index & 0x7F == 0 ? data([0, 0]) : .stall }
            return data([isHalted(endpoint) ? 1 : 0, 0])
        case (0x02, 1) where value == 0:
            guard let endpoint = endpoint(index) else { return index & 0x7F == 0 ? .done : .stall }
            return .clearHalt(endpoint)
        case (0x02, 3) where value == 0:
            guard let endpoint = endpoint(index) else { return .stall }
            return .halt(endpoint)
        default: return .stall
        }
    }

    /// nil for what a full-speed device has not, the qualifier of the other speed among it.
    private func descriptor(kind: Int, index: Int) -> [UInt8]? {
        switch kind {
        case 1: descriptors.device
        case 2 where index == 0: descriptors.configuration
        case 3: descriptors.string(index)
        default: nil
        }
    }

    private func endpoint(_ index: Int) -> UInt8? { descriptors.endpoints.first { Int($0) == index } }
}
