internal import Glibc
internal import KioskModel
internal import SmartCardShim

/// The files EF05 and EF06 of a social-security card, record by record. The README says where each line is from, and what no real card has shown yet.
struct CardRecords {
    /// What a record is; the raw value is its tag. Records are known by their tags and not by their numbers, which differ between versions: in EF06 of a
    /// card 2.0 the name's extension stands before the sex.
    enum Field: UInt8, CaseIterable {
        /// 卡的识别码, cn: begins with the region that issued it, six digits
        case identification = 0x01
        /// 规范版本, an
        case specification = 0x03
        /// 发卡日期 and 卡有效期, cn, yyyyMMdd
        case issued = 0x05
        case validUntil = 0x06
        /// 卡号, an, nine characters
        case cardNumber = 0x07
        /// 社会保障号码, an
        case number = 0x08
        /// 姓名, GB18030, and its extension
        case name = 0x09
        case nameExtension = 0x4E
        /// 性别, an, and 民族, cn
        case sex = 0x0A
        case ethnicGroup = 0x0B
        /// 出生日期, cn, yyyyMMdd
        case birth = 0x0D
    }

    private var values: [UInt8: [UInt8]] = [:]

    /// Wipes what was read.
    mutating func wipe() {
        for tag in values.keys {
            values[tag]?.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
        }
        values = [:]
    }

    /// Adds a record as the card gave it.
    /// - Throws: `cardDataInvalid` for one whose length is wrong, or that is there twice.
    mutating func add(_ record: [UInt8]) throws(CitizenRemedy) {
        var (tag, offset, length) = (UInt8(0), 0, 0)
        guard kiosk_smartcard_record(record, record.count, &tag, &offset, &length) == 0, values[tag] == nil else { throw .cardDataInvalid }
        values[tag] = Array(record[offset..<offset + length])
    }

    /// - Throws: `cardDataInvalid` when number or name is missing, or the number's check character is wrong, or a text isn't one.
    func card() throws(CitizenRemedy) -> SocialSecurityCard {
        guard let number = ascii(.number).flatMap({ IDNumber($0) }), let name = try text(.name), !name.isEmpty, let cardNumber = ascii(.cardNumber),
            let region = digits(.identification)?.prefix(6), region.count == 6
        else { throw .cardDataInvalid }
        let specification = ascii(.specification) ?? ""
        guard specification.utf8.count <= 4 else { throw .cardDataInvalid }
        let sex = ascii(.sex).flatMap { Int($0) }.flatMap(IdentityCard.Sex.init(rawValue:))
        let ethnic = digits(.ethnicGroup).map { String($0.prefix(2)) }
        return SocialSecurityCard(
            number: number.value, name: name + (try text(.nameExtension) ?? ""), cardNumber: String(cardNumber.prefix(9)), sex: sex,
            ethnicGroupCode: ethnic,
            birthDate: date(.birth), issuerRegion: String(region), issued: date(.issued), validUntil: date(.validUntil),
            specification: specification)
    }

    /// an: letters and digits, filled with zero bytes or blanks; nil when nothing is left, or something else is in it.
    private func ascii(_ field: Field) -> String? {
        guard let bytes = values[field.rawValue]?.prefix(while: { $0 != 0 }), bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let trimmed = text.split(separator: " ").joined(separator: " ")
        return trimmed.isEmpty ? nil : trimmed
    }

    /// cn: two digits a byte, filled with F; nil when nothing is left.
    private func digits(_ field: Field) -> String? {
        guard let bytes = values[field.rawValue] else { return nil }
        let nibbles = bytes.flatMap { [$0 >> 4, $0 & 0x0F] }.prefix { $0 < 10 }
        return nibbles.isEmpty ? nil : nibbles.map { String($0) }.joined()
    }

    private func date(_ field: Field) -> CivilDate? { digits(field).flatMap { CivilDate(compact: $0) } }

    private func text(_ field: Field) throws(CitizenRemedy) -> String? {
        guard let bytes = values[field.rawValue] else { return nil }
        // Cards fill with zeros and blanks, some to more than the field's length.
        let longest = field == .nameExtension ? 20 : 30
        guard bytes.prefix(while: { $0 != 0 }).dropFirst(longest).allSatisfy({ $0 == 0x20 }) else { throw .cardDataInvalid }
        var buffer = [CChar](repeating: 0, count: 256)
        defer { buffer.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        let count = kiosk_smartcard_text(bytes, bytes.count, &buffer, buffer.count)
        guard count >= 0 else { throw .cardDataInvalid }
        return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
