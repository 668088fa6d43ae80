public import Foundation
internal import KioskModel

/// The texts of Kiosk/strings, for what kioskd itself says: the printed receipt.
public struct StringTable: Sendable {
    private var tables: [Language: [String: String]] = [:]

    /// Reads `<language>.json` for every language. Throws what the file system or the decoder says.
    public init(directory: URL) throws {
        for language in Language.allCases {
            let file = directory.appendingPathComponent("\(language.rawValue).json")
            tables[language] = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
        }
    }

    /// The text in that language, else in Chinese, else the key itself.
    func text(_ key: String, _ language: Language) -> String {
        tables[language]?[key] ?? tables[.simplifiedChinese]?[key] ?? key
    }
}
