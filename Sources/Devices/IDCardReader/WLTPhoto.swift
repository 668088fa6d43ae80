/// The photo of a card: 1024 bytes in a format whose decoder is a vendor's.
enum WLTPhoto {
    /// "WL", then 102, 126 and 50 as little-endian words.
    static let header: [UInt8] = [0x57, 0x4C, 102, 0, 126, 0, 50, 0]

    /// Without that header nothing can decode it.
    static func begins(_ bytes: some Sequence<UInt8>) -> Bool { bytes.starts(with: header) }
}
