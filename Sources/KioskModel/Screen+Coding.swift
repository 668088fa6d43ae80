// The JSON of a screen is read by the page and by people: one `type` a component, no positional keys.

extension Screen.Text {
    private enum Keys: String, CodingKey { case key, arguments, text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            self = .verbatim(text)
        } else {
            self = .key(
                try container.decode(String.self, forKey: .key),
                try container.decodeIfPresent([String: String].self, forKey: .arguments) ?? [:])
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        switch self {
        case .verbatim(let text):
            try container.encode(text, forKey: .text)
        case .key(let key, let arguments):
            try container.encode(key, forKey: .key)
            if !arguments.isEmpty { try container.encode(arguments, forKey: .arguments) }
        }
    }
}

extension Screen.Component {
    private enum Keys: String, CodingKey { case type, text, tone, rows, fraction, name, number, code }
    private enum Kind: String, Codable { case paragraph, notice, facts, choice, checklist, pages, progress, illustration, camera, reference }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        func value<Value: Decodable>(_ key: Keys) throws -> Value { try container.decode(Value.self, forKey: key) }
        switch try container.decode(Kind.self, forKey: .type) {
        case .paragraph: self = .paragraph(try value(.text))
        case .notice: self = .notice(try value(.tone), try value(.text))
        case .facts: self = .facts(try value(.rows))
        case .choice: self = .choice(try value(.rows))
        case .checklist: self = .checklist(try value(.rows))
        case .pages: self = .pages(try value(.rows))
        case .progress: self = .progress(try value(.text), fraction: try container.decodeIfPresent(Double.self, forKey: .fraction))
        case .illustration: self = .illustration(try value(.name))
        case .camera: self = .camera(name: try value(.name), try value(.text))
        case .reference: self = .reference(number: try value(.number), code: try container.decodeIfPresent(String.self, forKey: .code))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        func put(_ kind: Kind) throws { try container.encode(kind, forKey: .type) }
        switch self {
        case .paragraph(let text):
            try put(.paragraph)
            try container.encode(text, forKey: .text)
        case .notice(let tone, let text):
            try put(.notice)
            try container.encode(tone, forKey: .tone)
            try container.encode(text, forKey: .text)
        case .facts(let rows):
            try put(.facts)
            try container.encode(rows, forKey: .rows)
        case .choice(let rows):
            try put(.choice)
            try container.encode(rows, forKey: .rows)
        case .checklist(let rows):
            try put(.checklist)
            try container.encode(rows, forKey: .rows)
        case .pages(let rows):
            try put(.pages)
            try container.encode(rows, forKey: .rows)
        case .progress(let text, let fraction):
            try put(.progress)
            try container.encode(text, forKey: .text)
            try container.encodeIfPresent(fraction, forKey: .fraction)
        case .illustration(let name):
            try put(.illustration)
            try container.encode(name, forKey: .name)
        case .camera(let name, let text):
            try put(.camera)
            try container.encode(name, forKey: .name)
            try container.encode(text, forKey: .text)
        case .reference(let number, let code):
            try put(.reference)
            try container.encode(number, forKey: .number)
            try container.encodeIfPresent(code, forKey: .code)
        }
    }
}
