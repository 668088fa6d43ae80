import KioskModel

/// What an item must satisfy beyond being well-formed JSON.
enum ItemRules {
    /// Pages that one material may have: what the scanner's feeder and a citizen's patience bear.
    static let pages = 1...30
    /// At most 5 materials for a person (reference list of Yinchuan).
    static let materials = 1...5

    static func findings(in item: ServiceItem, file: String) -> [CatalogueError.Finding] {
        var findings = [CatalogueError.Finding]()
        func check(_ holds: Bool, _ field: String, _ advice: String) {
            if !holds { findings.append(.init(file, field, advice)) }
        }
        func checkText(_ text: LocalizedText, _ field: String) {
            for language in Language.allCases {
                check(
                    text.entries[language.rawValue]?.allSatisfy(\.isWhitespace) == false, "\(field).\(language.rawValue)",
                    "add the text in this language")
            }
        }
        let code = Array(item.code.utf8)
        check(code.count == 31, "code", "the 实施编码 has 31 characters (18 credit code, 1 level, 12 base code); this one has \(code.count)")
        if code.count == 31 {
            check(
                CreditCode(item.code.prefix(18)) != nil, "code",
                "the first 18 characters must be a unified social credit code with a right check character (GB 32100)")
            check((0x30...0x39).contains(code[18]), "code", "character 19 is the level and must be a digit")
            check(code[19...].allSatisfy(isBaseCode), "code", "the last 12 characters must be digits or capital letters")
        }
        checkText(item.name, "name")
        checkText(item.department, "department")
        check(
            materials.contains(item.materials.count), "materials",
            "list \(materials.lowerBound) to \(materials.upperBound) materials; this item has \(item.materials.count)")
        var seen = Set<String>()
        for (index, material) in item.materials.enumerated() {
            let field = "materials[\(index)]"
            check(isSlug(material.id), "\(field).id", "use 1 to 40 of a–z, 0–9 and -")
            check(seen.insert(material.id).inserted, "\(field).id", "another material of this item has the same id; rename one")
            checkText(material.name, "\(field).name")
            if let hint = material.hint { checkText(hint, "\(field).hint") }
            check(pages.contains(material.maxPages), "\(field).maxPages", "choose \(pages.lowerBound) to \(pages.upperBound) pages")
        }
        return findings
    }

    private static func isBaseCode(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
    }

    private static func isSlug(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}
