public import Foundation
public import KioskModel

/// The service items that a city offers, read from `Kiosk/catalogue/*.json`: one `ServiceItem` a file.
public enum Catalogue {
    /// Every item, ordered by file name.
    /// - Throws: `CatalogueError` with all that is wrong in all files, so that an editor mends it in one round.
    public static func load(directory: URL) throws -> [ServiceItem] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
                .sorted()
        } catch {
            throw CatalogueError([.init(directory.path, "", "the directory can't be read; create it, or name another")])
        }
        guard !names.isEmpty else {
            throw CatalogueError([.init(directory.path, "", "there is no *.json file; add one for each service item")])
        }
        var items = [ServiceItem]()
        var findings = [CatalogueError.Finding]()
        var fileOfCode = [String: String]()
        for name in names {
            do {
                let data = try Data(contentsOf: directory.appendingPathComponent(name))
                let item = try ItemDecoder.decode(data, file: name)
                findings += ItemRules.findings(in: item, file: name)
                if let other = fileOfCode.updateValue(name, forKey: item.code) {
                    findings.append(.init(name, "code", "\(other) has the same code; every item needs its own"))
                }
                items.append(item)
            } catch let error as CatalogueError {
                findings += error.findings
            } catch {
                findings.append(.init(name, "", "the file can't be read; check its permissions"))
            }
        }
        guard findings.isEmpty else { throw CatalogueError(findings) }
        return items
    }
}

/// What is wrong with a catalogue: file, field, and what to do about it.
public struct CatalogueError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// File name, or the directory's path.
        public var file: String
        /// Path inside the file, `materials[1].maxPages`; empty for the whole file.
        public var field: String
        public var advice: String

        init(_ file: String, _ field: String, _ advice: String) {
            self.file = file
            self.field = field
            self.advice = advice
        }

        public var description: String { field.isEmpty ? "\(file): \(advice)" : "\(file): \(field): \(advice)" }
    }

    public var findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
    }

    public var description: String { findings.map(\.description).joined(separator: "\n") }
}
