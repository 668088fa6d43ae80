/// Vendor and product of a USB device, as a configuration writes them: `0400:c35a`, two hexadecimal numbers of four digits.
public struct USBIdentity: Sendable, Equatable {
    public var vendor: UInt16
    public var product: UInt16

    /// Nil for anything else than `VVVV:PPPP`.
    public init?(_ text: some StringProtocol) {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            part.utf8.count == 4 && part.utf8.allSatisfy(Self.isDigit) ? UInt16(part, radix: 16) : nil
        }
        guard numbers.count == 2, let vendor = numbers[0], let product = numbers[1] else { return nil }
        self.vendor = vendor
        self.product = product
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
