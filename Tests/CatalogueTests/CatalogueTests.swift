import Foundation
import KioskModel
import Testing

@testable import Catalogue

@Suite struct CatalogueTests {
    private static let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Kiosk/catalogue")

    private func findings(_ files: [String: String]) throws -> [CatalogueError.Finding] {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("catalogue-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files { try Data(text.utf8).write(to: directory.appendingPathComponent(name)) }
        do {
            _ = try Catalogue.load(directory: directory)
            return []
        } catch let error as CatalogueError {
            return error.findings
        }
    }

    private func item(_ change: (inout [String: Any]) -> Void) throws -> String {
        let data = try Data(contentsOf: Self.shipped.appendingPathComponent("residence-permit.json"))
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        change(&object)
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }

    @Test func theShippedCatalogueIsValid() throws {
        let items = try Catalogue.load(directory: Self.shipped)
        #expect(items.count >= 6)
        #expect(items.allSatisfy { CreditCode($0.code.prefix(18)) != nil && $0.authentication != .anonymous })
        #expect(items.contains { $0.materials.count == 1 } && items.contains { $0.materials.count == 4 })
    }

    @Test func anEmptyOrMissingDirectoryIsAnError() throws {
        #expect(try findings([:]).count == 1)
        #expect(throws: CatalogueError.self) { try Catalogue.load(directory: URL(fileURLWithPath: "/nowhere/at/all")) }
    }

    @Test func oneRunNamesEveryFault() throws {
        let wrongCheck = try item { $0["code"] = ($0["code"] as? String ?? "").replacingOccurrences(of: "MB0000010", with: "MB0000011") }
        let noEnglish = try item { $0["name"] = ["zh-Hans": "居住证"] }
        let found = try findings(["a.json": wrongCheck, "b.json": noEnglish, "c.json": "{"])
        #expect(found.contains { $0.file == "a.json" && $0.field == "code" })
        #expect(found.contains { $0.file == "b.json" && $0.field == "name.en" })
        #expect(found.contains { $0.file == "c.json" && $0.field.isEmpty })
        #expect(found.count == 3)
    }

    @Test func aMisspeltFieldIsNamed() throws {
        let text = try item { $0["materials"] = [["id": "x", "name": ["zh-Hans": "a", "en": "a"], "requird": true, "maxPages": 1]] }
        #expect(try findings(["a.json": text]).map(\.field) == ["materials[0].requird"])
    }

    @Test func aMissingFieldIsNamedWithItsPath() throws {
        let text = try item { $0["materials"] = [["id": "x", "name": ["zh-Hans": "a", "en": "a"], "required": true]] }
        #expect(try findings(["a.json": text]).map(\.field) == ["materials[0].maxPages"])
    }

    @Test func twoItemsMayNotShareACode() throws {
        let text = try item { _ in }
        #expect(try findings(["a.json": text, "b.json": text]).map(\.field) == ["code"])
    }

    @Test(arguments: [0, 31]) func pageCountsHaveBounds(_ count: Int) throws {
        let text = try item { $0["materials"] = [["id": "x", "name": ["zh-Hans": "a", "en": "a"], "required": true, "maxPages": count]] }
        #expect(try findings(["a.json": text]).map(\.field) == ["materials[0].maxPages"])
    }
}

@Suite struct CreditCodeTests {
    /// The example of GB 32100-2015, annex A.
    @Test func theStandardsExample() {
        #expect(CreditCode("91350100M000100Y43") != nil)
        #expect(CreditCode.completing("91350100M000100Y4")?.value == "91350100M000100Y43")
    }

    @Test func everySingleChangedCharacterIsCaught() {
        let code = Array("91350100M000100Y43")
        for index in code.indices {
            for other in "0123456789ABCDEFGHJKLMNPQRTUWXY" where other != code[index] {
                var changed = code
                changed[index] = other
                #expect(CreditCode(String(changed)) == nil)
            }
        }
    }

    @Test(arguments: ["", "91350100M000100Y4", "91350100M000100Y433", "91350100m000100y43", "9135010IM000100Y43"]) func shapesThatAreNone(
        _ text: String
    ) {
        #expect(CreditCode(text) == nil)
    }
}
