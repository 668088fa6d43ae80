/// Words in more than one language, keyed by BCP 47 tag; `zh-Hans` is always there.
public struct LocalizedText: Sendable, Codable, Hashable {
    public var entries: [String: String]

    public init(_ entries: [String: String]) {
        self.entries = entries
    }

    /// The text in that language, or honestly in Chinese.
    public func callAsFunction(_ language: Language) -> String {
        entries[language.rawValue] ?? entries[Language.simplifiedChinese.rawValue] ?? ""
    }

    public init(from decoder: any Decoder) throws {
        entries = try decoder.singleValueContainer().decode([String: String].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }
}

/// 事项: something a department does for a citizen on application.
public struct ServiceItem: Sendable, Codable, Hashable {
    /// What an action needs before it may start (rule 9 of the design).
    public enum Authentication: String, Sendable, Codable { case anonymous, card, cardAndSecondFactor }

    /// 实施编码, 31 characters: 18 of the credit code, 1 level, 12 base code.
    public var code: String
    public var name: LocalizedText
    public var department: LocalizedText
    public var authentication: Authentication
    /// At most 5 for a person.
    public var materials: [MaterialRequirement]

    public init(code: String, name: LocalizedText, department: LocalizedText, authentication: Authentication, materials: [MaterialRequirement]) {
        self.code = code
        self.name = name
        self.department = department
        self.authentication = authentication
        self.materials = materials
    }
}

/// 材料: one document on a service item's checklist.
public struct MaterialRequirement: Sendable, Codable, Hashable {
    /// Unique within its item: `residence-proof`.
    public var id: String
    public var name: LocalizedText
    /// What exactly to bring, for the checklist.
    public var hint: LocalizedText?
    public var required: Bool
    public var maxPages: Int

    public init(id: String, name: LocalizedText, hint: LocalizedText? = nil, required: Bool = true, maxPages: Int) {
        self.id = id
        self.name = name
        self.hint = hint
        self.required = required
        self.maxPages = maxPages
    }
}
