import Foundation
import KioskModel

/// Turns one file into a `ServiceItem`, and decoding errors into findings.
enum ItemDecoder {
    static func decode(_ data: Data, file: String) throws -> ServiceItem {
        let findings = try unknownFields(in: data, file: file)
        guard findings.isEmpty else { throw CatalogueError(findings) }
        do {
            return try JSONDecoder().decode(ServiceItem.self, from: data)
        } catch let error as DecodingError {
            throw CatalogueError([finding(error, file: file)])
        }
    }

    /// A misspelt optional field would be ignored silently; it is an error here.
    private static func unknownFields(in data: Data, file: String) throws -> [CatalogueError.Finding] {
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw CatalogueError([.init(file, "", "this is not a JSON object; check commas, quotes and braces")])
        }
        func surplus(_ object: [String: Any], _ known: Set<String>, _ path: String) -> [CatalogueError.Finding] {
            object.keys.filter { !known.contains($0) }.sorted().map {
                .init(file, path + $0, "unknown field; it must be one of \(known.sorted().joined(separator: ", "))")
            }
        }
        var findings = surplus(object, ["code", "name", "department", "authentication", "materials"], "")
        for (index, material) in (object["materials"] as? [[String: Any]] ?? []).enumerated() {
            findings += surplus(material, ["id", "name", "hint", "required", "maxPages"], "materials[\(index)].")
        }
        return findings
    }

    private static func finding(_ error: DecodingError, file: String) -> CatalogueError.Finding {
        switch error {
        case .keyNotFound(let key, let context):
            return .init(file, path(context.codingPath + [key]), "the field is missing; add it")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return .init(file, path(context.codingPath), "a value of another kind is needed here (\(type))")
        case .dataCorrupted(let context):
            return .init(file, path(context.codingPath), "the value is not one of those allowed: \(context.debugDescription)")
        @unknown default:
            return .init(file, "", "the file can't be decoded")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue { path += "[\(index)]" } else { path += path.isEmpty ? key.stringValue : "." + key.stringValue }
        }
    }
}
