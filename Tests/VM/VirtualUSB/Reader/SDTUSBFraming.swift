/// How an SDT reader on USB lays its frames on endpoints; the host tells by the endpoint descriptors.
public enum SDTUSBFraming: String, Sendable, CaseIterable {
    /// The first 7 bytes of a request on OUT 0x02 and the rest on OUT 0x06; those of an answer on IN 0x81 and IN 0x85.
    case split
    /// Everything on OUT 0x02 and IN 0x81.
    case whole

    /// Preamble and LEN.
    static let headerLength = 7

    var endpoints: [UInt8] {
        switch self {
        case .split: [0x02, 0x06, 0x81, 0x85]
        case .whole: [0x02, 0x81]
        }
    }

    /// Where an answer begins, and where it ends.
    static let firstInput: UInt8 = 0x81
    var lastInput: UInt8 { self == .split ? 0x85 : 0x81 }
    static let firstOutput: UInt8 = 0x02

    var descriptors: USBDescriptors {
        USBDescriptors(vendor: 0x0400, product: 0xC35A, endpoints: endpoints, strings: ["CivicKiosk bench", "SDT ID-card reader"])
    }

    /// The transfers of one frame, each ended by a short packet.
    func transfers(_ frame: [UInt8]) -> [(endpoint: UInt8, bytes: [UInt8])] {
        switch self {
        case .split:
            [(Self.firstInput, Array(frame.prefix(Self.headerLength))), (lastInput, Array(frame.dropFirst(Self.headerLength)))]
        case .whole: [(Self.firstInput, frame)]
        }
    }
}
