internal import KioskModel

extension SyntheticCitizen {
    /// One citizen at least for each of the four layouts, and one for each thing that drivers are known to get wrong.
    public static let all: [SyntheticCitizen] = [resident, moved, permit, foreigner2017, foreigner2023, rare].compactMap(\.self)

    private static func date(_ compact: String) -> CivilDate? { CivilDate(compact: compact) }

    private static let resident: SyntheticCitizen? = {
        guard let birth = date("19900307"), let from = date("20200501"), let until = date("20400501") else { return nil }
        return SyntheticCitizen(
            id: "resident", kind: .resident, name: "简样本", number: "999999199003071234", sex: .male, ethnicGroupCode: "01", birth: birth,
            address: "虚构省样本市测试区合成街道一号院二栋三单元", issuer: "样本市公安局测试分局", validFrom: from, validUntil: until)
    }()

    /// 长期 and an appended address.
    private static let moved: SyntheticCitizen? = {
        guard let birth = date("19511126"), let from = date("20150709") else { return nil }
        return SyntheticCitizen(
            id: "moved", kind: .resident, name: "岑合成", number: "999999195111262048", sex: .female, ethnicGroupCode: "15", birth: birth,
            address: "虚构省旧样本市旧测试区旧街道九号", newestAddress: "虚构省新样本市新测试区新街道八十八号", issuer: "旧样本市公安局",
            validFrom: from)
    }()

    private static let permit: SyntheticCitizen? = {
        guard let birth = date("19851126"), let from = date("20220315"), let until = date("20270315") else { return nil }
        return SyntheticCitizen(
            id: "permit", kind: .hongKongMacaoTaiwan, name: "庄试验", number: "999999198511262040", sex: .female, birth: birth,
            address: "虚构省样本市测试区海湾路十二号", issuer: "样本市公安局", validFrom: from, validUntil: until, permitNumber: "H99999999",
            issueCount: "01")
    }()

    private static let foreigner2017: SyntheticCitizen? = {
        guard let birth = date("19780228"), let from = date("20180601"), let until = date("20280601") else { return nil }
        return SyntheticCitizen(
            id: "foreigner2017", kind: .foreigner2017, name: "安娜样本", latinName: "SPECIMEN ANNA MARIA", number: "UTO999178022801", sex: .female,
            birth: birth, issuer: "9999", validFrom: from, validUntil: until, nationality: "UTO")
    }()

    /// A Latin name longer than the 35 characters of its field.
    private static let foreigner2023: SyntheticCitizen? = {
        guard let birth = date("19850101"), let from = date("20240110"), let until = date("20340110") else { return nil }
        return SyntheticCitizen(
            id: "foreigner2023", kind: .foreigner2023, name: "范试样", latinName: "VAN DER SPECIMEN ALEXANDER WILHELM JR", number: "999999198501010018",
            sex: .male, birth: birth, validFrom: from, validUntil: until, issueCount: "01", nationality: "UTO", previousNumberLink: "017")
    }()

    /// A private-use character, one of CJK Extension B, and one of the basic plane that few fonts have.
    private static let rare: SyntheticCitizen? = {
        guard let birth = date("19990817"), let from = date("20210917"), let until = date("20310917") else { return nil }
        return SyntheticCitizen(
            id: "rare", kind: .resident, name: "龘\u{E863}\u{20BB7}", number: "999999199908174182", sex: .unstated, ethnicGroupCode: "97",
            birth: birth, address: "虚构省样本市\u{20BB7}\u{E815}村六号", issuer: "样本市公安局", validFrom: from, validUntil: until)
    }()
}
