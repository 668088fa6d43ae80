public import FoundationEssentials

/// What a second-generation card says of its holder (GA/T 467 text record), in the field's own terms.
///
/// A card read by a device host crosses the pipe to kioskd as JSON; nothing else may encode one unsealed.
public struct IdentityCard: Sendable, Codable, Equatable {
    /// Which of the four layouts of the text record the card carries.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// 居民身份证
        case resident
        /// 港澳台居民居住证, layout `J`
        case hongKongMacaoTaiwan
        /// 外国人永久居留身份证 of 2017, layout `I`
        case foreigner2017
        /// 外国人永久居留身份证 of 2023, layout `Y`
        case foreigner2023
    }

    /// GB/T 2261.1
    public enum Sex: Int, Sendable, Codable {
        case unknown = 0, male = 1, female = 2, unstated = 9
    }

    /// The number that identifies the holder: GB 11643 for all layouts but the 2017 foreigner's, which has 15 characters of its own.
    public enum Number: Sendable, Codable, Hashable {
        case citizen(IDNumber)
        case foreigner2017(String)

        public var value: String {
            switch self {
            case .citizen(let number): number.value
            case .foreigner2017(let text): text
            }
        }

        /// First 6 and last 4 characters at most (first 3 and last 4 of the 15-character number).
        public var masked: String {
            switch self {
            case .citizen(let number): number.masked
            case .foreigner2017(let text): text.prefix(3) + "********" + text.suffix(4)
            }
        }
    }

    /// 有效期限
    public struct Validity: Sendable, Codable, Hashable {
        public var from: CivilDate
        /// nil is 长期, without end
        public var until: CivilDate?

        public init(from: CivilDate, until: CivilDate?) {
            self.from = from
            self.until = until
        }

        public func contains(_ day: CivilDate) -> Bool {
            day >= from && until.map { day <= $0 } ?? true
        }
    }

    public var kind: Kind
    /// The Chinese name, or the Latin one where the card has no other. Private-use characters are kept as they are.
    public var name: Redacted<String>
    /// Full Latin name of a foreigner's card.
    public var latinName: Redacted<String>?
    public var number: Redacted<Number>
    public var sex: Sex
    /// GB/T 3304 two-digit code, raw, residents only.
    public var ethnicGroupCode: String?
    public var birth: Redacted<CivilDate>
    public var address: Redacted<String>?
    public var issuer: String?
    public var validity: Validity
    /// 通行证号码 of layout J.
    public var permitNumber: Redacted<String>?
    /// Times issued (J) or renewed (Y).
    public var issueCount: String?
    /// Country code as printed: three letters (I, Y).
    public var nationality: String?
    /// Y: the three characters (six bytes) that link to the holder's previous number.
    public var previousNumberLink: Redacted<String>?
    /// The 1024-byte WLT photo, undecoded: no open decoder exists; it goes, sealed, to the identity authority.
    public var photo: Redacted<Data>?
    /// 0, 1 or 2 fingerprint templates of 512 bytes, only when they were asked for.
    public var fingerprints: Redacted<[Data]>?

    public init(
        kind: Kind, name: String, latinName: String? = nil, number: Number, sex: Sex, ethnicGroupCode: String? = nil, birth: CivilDate,
        address: String? = nil, issuer: String? = nil, validity: Validity, permitNumber: String? = nil, issueCount: String? = nil,
        nationality: String? = nil, previousNumberLink: String? = nil, photo: Data? = nil, fingerprints: [Data]? = nil
    ) {
        self.kind = kind
        self.name = Redacted(name)
        self.latinName = latinName.map(Redacted.init)
        self.number = Redacted(number)
        self.sex = sex
        self.ethnicGroupCode = ethnicGroupCode
        self.birth = Redacted(birth)
        self.address = address.map(Redacted.init)
        self.issuer = issuer
        self.validity = validity
        self.permitNumber = permitNumber.map(Redacted.init)
        self.issueCount = issueCount
        self.nationality = nationality
        self.previousNumberLink = previousNumberLink.map(Redacted.init)
        self.photo = photo.map(Redacted.init)
        self.fingerprints = fingerprints.map(Redacted.init)
    }
}
