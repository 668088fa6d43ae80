/// What the kernel asks of a device attached to vhci-hcd: usbip_protocol.rst, version 1.1.1, after the import.
enum USBIPRequest: Equatable, Sendable {
    case submit(Transfer)
    /// The transfer numbered `target` is to be given back unfinished.
    case unlink(sequence: UInt32, target: UInt32)

    /// USBIP_CMD_SUBMIT: one URB.
    struct Transfer: Equatable, Sendable {
        /// Names the URB until it is given back.
        var sequence: UInt32
        /// 0…15, without the direction bit.
        var endpoint: UInt8
        var isInput: Bool
        /// URB_SHORT_NOT_OK: a transfer of less than `length` bytes is an error.
        var shortIsError = false
        /// How many bytes the host sends, or takes.
        var length: Int
        /// Endpoint 0 only: 8 bytes as on the bus.
        var setup: [UInt8] = []
        /// What the host sends; empty for input.
        var data: [UInt8] = []

        /// The endpoint with the direction bit, as in its descriptor.
        var address: UInt8 { isInput ? endpoint | 0x80 : endpoint }
    }

    /// Every header has as many bytes, whatever it heads.
    static let headerLength = 48
    /// No reader's transfer comes near it; more is taken for a broken header.
    static let longestTransfer = 1 << 20

    /// Reads a header; `body` fetches as many bytes as it is asked for.
    /// - Throws: `USBIPError` for a header that no kernel sends.
    init(header: [UInt8], body: (Int) throws -> [UInt8]) throws {
        guard header.count == Self.headerLength else { throw USBIPError.truncated(got: header.count, wanted: Self.headerLength) }
        func word(_ index: Int) -> UInt32 { header[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        let (command, sequence, direction, endpoint) = (word(0), word(1), word(3), word(4))
        switch command {
        case 1:
            guard direction <= 1 else { throw USBIPError.direction(direction) }
            guard endpoint <= 15 else { throw USBIPError.endpoint(endpoint) }
            guard word(6) <= Self.longestTransfer else { throw USBIPError.length(word(6)) }
            // Kernels send -1 or 0 for what is not isochronous.
            guard word(8) == 0 || word(8) == .max else { throw USBIPError.isochronous(word(8)) }
            var transfer = Transfer(
                sequence: sequence, endpoint: UInt8(endpoint), isInput: direction == 1, shortIsError: word(5) & 1 != 0, length: Int(word(6)),
                setup: endpoint == 0 ? Array(header[40..<48]) : [])
            if !transfer.isInput { transfer.data = try body(transfer.length) }
            self = .submit(transfer)
        case 2: self = .unlink(sequence: sequence, target: word(5))
        default: throw USBIPError.command(command)
        }
    }
}
