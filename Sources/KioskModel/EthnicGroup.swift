/// 民族: the ethnic groups of GB/T 3304 by their two-digit code, as on a resident's card.
public enum EthnicGroup {
    /// The Chinese name as printed on the card (`01` is 汉); nil for a code that the standard does not have, which is then shown raw.
    public static func name(code: String) -> String? {
        guard code.utf8.count == 2, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(code), number > 0 else { return nil }
        switch number {
        case 97: return "其他"
        case 98: return "外国血统中国籍人士"
        default: return number <= names.count ? names[number - 1] : nil
        }
    }

    /// Codes 01 to 56 in order.
    private static let names = [
        "汉", "蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜", "满", "侗", "瑶", "白", "土家", "哈尼", "哈萨克", "傣", "黎", "傈僳",
        "佤", "畲", "高山", "拉祜", "水", "东乡", "纳西", "景颇", "柯尔克孜", "土", "达斡尔", "仫佬", "羌", "布朗", "撒拉", "毛南", "仡佬", "锡伯",
        "阿昌", "普米", "塔吉克", "怒", "乌孜别克", "俄罗斯", "鄂温克", "德昂", "保安", "裕固", "京", "塔塔尔", "独龙", "鄂伦春", "赫哲", "门巴",
        "珞巴", "基诺",
    ]
}
