/// The basic fields of a social-security card 社会保障卡 (LD/T 32, files EF05 and EF06): what can be read without the issuer's security module.
public struct SocialSecurityCard: Sendable, Codable, Equatable {
    /// 社会保障号码: the citizen's ID number.
    public var number: Redacted<String>
    public var name: Redacted<String>
    /// 卡号: the card's own number.
    public var cardNumber: Redacted<String>
    /// GB/T 2261
    public var sex: IdentityCard.Sex?
    /// GB/T 3304; nil when the card leaves it out
    public var ethnicGroupCode: String?
    public var birthDate: Redacted<CivilDate>?
    /// 发卡地区行政区划代码, six digits
    public var issuerRegion: String
    public var issued: CivilDate?
    public var validUntil: CivilDate?
    /// 规范版本: `3.00`
    public var specification: String

    public init(
        number: String, name: String, cardNumber: String, sex: IdentityCard.Sex?, ethnicGroupCode: String?, birthDate: CivilDate?,
        issuerRegion: String,
        issued: CivilDate?, validUntil: CivilDate?, specification: String
    ) {
        self.number = Redacted(number)
        self.name = Redacted(name)
        self.cardNumber = Redacted(cardNumber)
        self.sex = sex
        self.ethnicGroupCode = ethnicGroupCode
        self.birthDate = birthDate.map(Redacted.init)
        self.issuerRegion = issuerRegion
        self.issued = issued
        self.validUntil = validUntil
        self.specification = specification
    }
}
