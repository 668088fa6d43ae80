internal import FoundationEssentials
internal import IDCardReaderShim
internal import KioskModel

/// What a reader sends for one card: text, photo and, if asked for, fingerprints.
enum CardRecord {
    /// The data of a reply to 30 01 or 30 10 as a card.
    /// - Throws: `CitizenRemedy.cardDataInvalid` when the parts' lengths are wrong, or what the text record throws.
    static func identityCard(_ data: [UInt8]) throws(CitizenRemedy) -> IdentityCard {
        var layout = kiosk_card_layout()
        guard kiosk_card_locate(data, data.count, &layout) == 0, let text = TextRecord(part(data, layout.text_offset, layout.text_length)) else {
            throw .cardDataInvalid
        }
        var card = try text.identityCard()
        card.photo = photo(part(data, layout.photo_offset, layout.photo_length)).map(Redacted.init)
        if layout.text_offset == 6 {  // three length words: fingerprints were asked for
            card.fingerprints = Redacted(fingerprints(part(data, layout.fingerprint_offset, layout.fingerprint_length)))
        }
        return card
    }

    private static func part(_ data: [UInt8], _ offset: Int, _ length: Int) -> [UInt8] {
        Array(data[offset..<offset + length])
    }

    /// Without its header nothing can decode it: the card then has none.
    private static func photo(_ bytes: [UInt8]) -> Data? {
        WLTPhoto.begins(bytes) ? Data(bytes) : nil
    }

    /// Templates of 512 bytes that begin with 43h and were taken well (byte 4: 01 taken, 09 not said; 02 failed, 03 not enrolled).
    private static func fingerprints(_ bytes: [UInt8]) -> [Data] {
        let size = 512
        return (0..<bytes.count / size).compactMap { index -> Data? in
            let template = Array(bytes[index * size..<(index + 1) * size])
            guard template[0] == 0x43, template[4] == 0x01 || template[4] == 0x09 else { return nil }
            return Data(template)
        }
    }
}
