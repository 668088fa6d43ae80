public import KioskModel

/// A person who does not exist, with everything a card says of one. Numbers have valid check digits and an area code that is assigned nowhere.
public struct SyntheticCitizen: Sendable, Codable, Equatable, Identifiable {
    /// `resident`, `permit`, `foreigner2017`, `foreigner2023`, `rare`, …
    public var id: String
    public var kind: IdentityCard.Kind
    /// Chinese name; may hold private-use and supplementary-plane characters.
    public var name: String
    public var latinName: String?
    /// 18 characters, or 15 on a foreigner's card of 2017.
    public var number: String
    public var sex: IdentityCard.Sex
    /// GB/T 3304 code, residents only.
    public var ethnicGroupCode: String?
    public var birth: CivilDate
    /// As the text record has it.
    public var address: String?
    /// The address appended after a move, which overrides `address`.
    public var newestAddress: String?
    public var issuer: String?
    public var validFrom: CivilDate
    /// nil is 长期
    public var validUntil: CivilDate?
    public var permitNumber: String?
    public var issueCount: String?
    public var nationality: String?
    public var previousNumberLink: String?

    /// The citizen of that id; nil for none.
    public static func named(_ id: String) -> SyntheticCitizen? {
        all.first { $0.id == id }
    }

    /// Every text of this citizen that must never be found outside sealed data, for the residue search.
    public var personalTexts: [String] {
        [name, latinName, number, birth.compact, address, newestAddress, permitNumber].compactMap(\.self)
    }
}
