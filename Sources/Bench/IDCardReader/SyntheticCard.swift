internal import KioskModel

/// A card as a reader would send it: the encoded text record of a synthetic citizen, a photo that only looks like one, and fingerprints.
public struct SyntheticCard: Sendable, Equatable {
    public enum Placement: String, Sendable, Codable, CaseIterable {
        case flat
        /// Found, but too far off to be selected.
        case badly
    }

    /// 256 bytes
    public var textRecord: [UInt8]
    /// 1024 bytes with the header of a WLT photo.
    public var photo: [UInt8]
    /// 0, 512 or 1024 bytes.
    public var fingerprints: [UInt8]
    /// 70 bytes; nil when none was appended.
    public var appendedAddress: [UInt8]?
    public var placement: Placement

    public init(_ citizen: SyntheticCitizen, fingerprints count: Int = 2, placement: Placement = .flat) {
        textRecord = Self.encode(citizen)
        photo = Self.photo
        fingerprints = (0..<min(max(count, 0), 2)).flatMap(Self.fingerprint)
        appendedAddress = citizen.newestAddress.map { Self.field($0, 70) }
        self.placement = placement
    }

    private static let photo: [UInt8] = [0x57, 0x4C, 102, 0, 126, 0, 50, 0] + (8..<1024).map { UInt8(truncatingIfNeeded: $0 &* 37) }

    /// Byte 0 43h, 4 taken well, 5 right thumb or forefinger, 6 quality.
    private static func fingerprint(_ index: Int) -> [UInt8] {
        [0x43, 1, 0, 0, 1, UInt8(0x0B + index), 80] + (7..<512).map { UInt8(truncatingIfNeeded: $0 &* (11 + index)) }
    }

    /// UTF-16LE, cut to `length` bytes and filled with spaces.
    static func field(_ text: String, _ length: Int) -> [UInt8] {
        var units = Array(text.utf16.prefix(length / 2))
        units += Array(repeating: 0x20, count: length / 2 - units.count)
        return units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    /// GA/T 467 and its layouts J, I and Y.
    private static func encode(_ citizen: SyntheticCitizen) -> [UInt8] {
        var record = field("", 256)
        func put(_ text: String?, _ offset: Int, _ length: Int) {
            record.replaceSubrange(offset..<offset + length, with: field(text ?? "", length))
        }
        let sex = String(citizen.sex.rawValue)
        let latin = citizen.latinName ?? ""
        if citizen.kind == .foreigner2017 {
            put(latin, 0, 120)
            put(sex, 120, 2)
            put(citizen.number, 122, 30)
            put(citizen.nationality, 152, 6)
            put(citizen.name, 158, 30)
            put(citizen.birth.compact, 220, 16)
            put("01", 236, 4)
            put(citizen.issuer, 240, 8)
            put("I", 248, 2)
        } else {
            put(citizen.name, 0, 30)
            put(sex, 30, 2)
            put(citizen.birth.compact, 36, 16)
            put(citizen.number, 122, 36)
        }
        put(citizen.validFrom.compact, 188, 16)
        put(citizen.validUntil?.compact ?? "长期", 204, 16)
        switch citizen.kind {
        case .resident, .hongKongMacaoTaiwan:
            put(citizen.ethnicGroupCode, 32, 4)
            put(citizen.address, 52, 70)
            put(citizen.issuer, 158, 30)
            if citizen.kind == .hongKongMacaoTaiwan {
                put(citizen.permitNumber, 220, 18)
                put(citizen.issueCount, 238, 4)
                put("J", 248, 2)
            }
        case .foreigner2023:
            put(citizen.issueCount, 32, 4)
            put(latin, 52, 70)
            put(String(latin.dropFirst(35)), 220, 22)
            put(citizen.nationality, 242, 6)
            put("Y", 248, 2)
            put(citizen.previousNumberLink, 250, 6)
        case .foreigner2017: break
        }
        return record
    }
}
