/// The commands of ESC/POS that this driver sends, and no other.
enum EscPos {
    /// ESC @, and GS a 0: nothing is told unasked.
    static let begin: [UInt8] = [0x1B, 0x40, 0x1D, 0x61, 0x00]
    /// GS V 66 0: feeds the receipt to the cutter and cuts.
    static let cut: [UInt8] = [0x1D, 0x56, 0x42, 0x00]
    /// ESC d 6: feeds six lines, so that the receipt can be torn off.
    static let feed: [UInt8] = [0x1B, 0x64, 0x06]

    /// Each by how it begins, and its whole length. GS v 0 is followed by its pixels.
    private static let commands: [(start: [UInt8], length: Int)] = [
        ([0x00], 1), ([0x1B, 0x40], 2), ([0x1B, 0x64], 3), ([0x1D, 0x61], 3), ([0x1D, 0x56, 0x42], 4), ([0x1D, 0x72], 3), ([0x10, 0x04], 3),
        (bandStart, 8),
    ]
    private static let bandStart: [UInt8] = [0x1D, 0x76, 0x30, 0x00]

    /// Of the command that `bytes` begin with, without pixels; nil for one that isn't whole or isn't ours.
    static func length(of bytes: ArraySlice<UInt8>) -> Int? {
        commands.first { bytes.starts(with: $0.start) && bytes.count >= $0.length }?.length
    }

    /// How many bytes of pixels follow the command that `bytes` begin with; nil when it isn't GS v 0.
    static func pixels(of bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.starts(with: bandStart), bytes.count >= 8 else { return nil }
        let size = Array(bytes.prefix(8))
        return (Int(size[4]) | Int(size[5]) << 8) * (Int(size[6]) | Int(size[7]) << 8)
    }
}
