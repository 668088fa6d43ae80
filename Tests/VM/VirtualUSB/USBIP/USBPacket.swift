/// One packet that a device sends on a bulk endpoint, at most as long as the endpoint's packets are; a shorter one ends the transfer.
struct USBPacket: Equatable, Sendable {
    /// What goes wrong with it.
    enum Trouble: Sendable {
        /// More comes than the host asked for.
        case babble
        /// The plug is pulled in the middle of it: `bytes` are what still came.
        case pulledWithin
        /// The plug is pulled right after it.
        case pulledAfter
    }

    var bytes: [UInt8]
    var trouble: Trouble?

    /// Cuts `bytes` into packets, the last one short: an empty one follows when they fill the last.
    static func transfer(_ bytes: [UInt8], packetSize: Int) -> [USBPacket] {
        var packets = stride(from: 0, to: bytes.count, by: packetSize).map { start in
            USBPacket(bytes: Array(bytes[start..<min(start + packetSize, bytes.count)]))
        }
        if packets.last.map({ $0.bytes.count == packetSize }) ?? true { packets.append(USBPacket(bytes: [])) }
        return packets
    }
}
