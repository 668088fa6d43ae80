/// The number of a reader's security module: 16 bytes, printed `05.01-20101129-0001228293-0296863149`.
struct SAMIdentifier: Equatable {
    let text: String

    /// Little-endian words of 2, 2, 4, 4 and 4 bytes; nil for another length.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func number(_ range: Range<Int>) -> UInt32 { bytes[range].reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        func padded(_ range: Range<Int>, _ width: Int) -> String {
            let digits = String(number(range))
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        text = "\(padded(0..<2, 2)).\(padded(2..<4, 2))-\(padded(4..<8, 8))-\(padded(8..<12, 10))-\(padded(12..<16, 10))"
    }
}
