/// What a FunctionFS function writes to `ep0` before anything else (linux/usb/functionfs.h): its descriptors, then its strings. Little-endian.
struct FunctionFSDescriptors: Equatable, Sendable {
    /// The file of an endpoint is `ep1`, `ep2`, … in this order; the number in an address is the gadget's to choose, only its direction counts.
    var endpoints: [UInt8]
    /// Of the interface.
    var name: String

    /// FUNCTIONFS_DESCRIPTORS_MAGIC_V2 and FUNCTIONFS_STRINGS_MAGIC
    private enum Magic: UInt32 { case strings = 2, descriptors = 3 }
    /// FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC
    private static let fullAndHighSpeed: UInt32 = 3

    private static func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

    /// `struct usb_functionfs_descs_head_v2`, the counts and both speeds' descriptors.
    var descriptors: [UInt8] {
        func speed(packetSize: UInt16) -> [UInt8] {
            [9, 4, 0, 0, UInt8(endpoints.count), 0xFF, 0, 0, 1] + endpoints.flatMap { USBDescriptors.bulkEndpoint($0, packetSize: packetSize) }
        }
        let count = Self.word(1 + endpoints.count)
        let body = Self.word(Int(Self.fullAndHighSpeed)) + count + count + speed(packetSize: 64) + speed(packetSize: 512)
        return Self.word(Int(Magic.descriptors.rawValue)) + Self.word(8 + body.count) + body
    }

    /// `struct usb_functionfs_strings_head` with one string in US English.
    var strings: [UInt8] {
        let body = Self.word(1) + Self.word(1) + [0x09, 0x04] + Array(name.utf8) + [0]
        return Self.word(Int(Magic.strings.rawValue)) + Self.word(8 + body.count) + body
    }
}
