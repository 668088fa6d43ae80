/// The descriptors of a device with one configuration of one vendor-specific interface with bulk endpoints (USB 2.0, 9.6).
struct USBDescriptors: Equatable, Sendable {
    var vendor: UInt16
    var product: UInt16
    /// BCD: 0x0110 is 1.10.
    var usbVersion: UInt16 = 0x0110
    var deviceVersion: UInt16 = 0x0100
    /// Packet size of endpoint 0.
    var controlPacketSize: UInt8 = 8
    /// Packet size of the bulk endpoints: 64 is the largest at full speed.
    var packetSize: UInt16 = 64
    /// Addresses with the direction bit, in the order of their descriptors.
    var endpoints: [UInt8]
    /// String descriptors 1, 2, …: maker and product.
    var strings: [String]

    static let configurationValue: UInt8 = 1

    private static func word(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }

    var device: [UInt8] {
        let (maker, name): (UInt8, UInt8) = (strings.isEmpty ? 0 : 1, strings.count < 2 ? 0 : 2)
        return [18, 1] + Self.word(usbVersion) + [0, 0, 0, controlPacketSize] + Self.word(vendor) + Self.word(product) + Self.word(deviceVersion)
            + [maker, name, 0, 1]
    }

    /// The configuration with everything in it.
    var configuration: [UInt8] {
        let rest = interface + endpoints.flatMap { Self.bulkEndpoint($0, packetSize: packetSize) }
        // Bus-powered, 200 mA.
        return [9, 2] + Self.word(UInt16(9 + rest.count)) + [1, Self.configurationValue, 0, 0x80, 100] + rest
    }

    var interface: [UInt8] { [9, 4, 0, 0, UInt8(endpoints.count), 0xFF, 0, 0, 0] }

    static func bulkEndpoint(_ address: UInt8, packetSize: UInt16) -> [UInt8] { [7, 5, address, 2] + word(packetSize) + [0] }

    /// String descriptor `index`; 0 is the list of languages, of which there is US English. nil for none.
    func string(_ index: Int) -> [UInt8]? {
        if index == 0 { return [4, 3, 0x09, 0x04] }
        guard strings.indices.contains(index - 1) else { return nil }
        let units = strings[index - 1].utf16.prefix(126).flatMap(Self.word)
        return [UInt8(2 + units.count), 3] + units
    }
}
