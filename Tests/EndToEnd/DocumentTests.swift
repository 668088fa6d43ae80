import Foundation
import Testing

@testable import Bench

/// What docs tell to type, typed: against a real platform, with packets that the kiosk's own code sealed.
@Suite(.serialized) struct DocumentTests {
    /// The later ones go on with what the first leaves behind.
    private static let documents = ["docs/api/README.md", "docs/sealed-packet.md", "docs/custody-receipt.md"]

    /// Who writes the other side needs all of these.
    private static let routes = [
        "platformd enrol", "$PLATFORM/v1/info", "-X POST", "$PLATFORM/v1/uploads", "-X PATCH", "Upload-Checksum", "-I ", "-X DELETE",
        "$PLATFORM/v1/acknowledgements/", "$PLATFORM/v1/ledger", "$PLATFORM/v1/receipts/check", "platformd backup",
    ]

    private static func text(_ document: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        return try String(contentsOf: root.appending(path: document), encoding: .utf8)
    }

    /// Runs them with a platform of their own.
    private func complaints(_ steps: DocumentedSteps) async throws -> [String] {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let layout = try BenchLayout(root: root, needing: ["platformd", "kioskctl", "queue-load"])
        try layout.makeDirectories()
        let work = root.appending(path: "work")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: false)
        let city = try await VirtualPlatform(layout: layout, log: ProcessLog())
        var environment = layout.environment
        environment["PATH"] = "\(layout.executables.path):\(environment["PATH"] ?? "/usr/bin:/bin")"
        environment["DATA"] = layout.platformData.path
        environment["PLATFORM"] = "http://127.0.0.1:\(city.port)"
        let complaints: [String]
        do {
            try await city.start()
            complaints = try await steps.run(in: work, environment: environment)
        } catch {
            await city.stop()
            throw error
        }
        await city.stop()
        return complaints
    }

    @Test(.timeLimit(.minutes(3))) func whatTheDocumentsTellToTypeWorks() async throws {
        var steps = DocumentedSteps()
        for document in Self.documents {
            let before = steps.steps.count
            steps.add(try Self.text(document), named: document)
            #expect(steps.steps.count > before, "\(document) has no commands")
        }
        let commands = steps.steps.flatMap(\.commands).joined(separator: "\n")
        for route in Self.routes { #expect(commands.contains(route), "\(route)") }
        let complaints = try await complaints(steps)
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n\n"))")
    }

    /// A header that the platform doesn't know, an answer that it doesn't give.
    @Test(.timeLimit(.minutes(3)), arguments: [("Upload-Length: ", "Upload-Size: "), ("#= 204 500", "#= 200 500")])
    func aDocumentThatWasChangedIsNoticed(_ change: (old: String, new: String)) async throws {
        let text = try Self.text(Self.documents[0])
        try #require(text.contains(change.old))
        var steps = DocumentedSteps()
        steps.add(text.replacingOccurrences(of: change.old, with: change.new), named: Self.documents[0])
        #expect(try await !complaints(steps).isEmpty)
    }

    @Test func stepsAreWhatStandsBetweenTheMarks() {
        var steps = DocumentedSteps()
        steps.add("```sh\necho no\n```\n```sh curl-test\na() {\n\n}\na\n#= 1\n#=\nb\n```\n", named: "d")
        #expect(steps.steps.map(\.commands) == [["a() {", "", "}", "a"], ["b"]])
        #expect(steps.steps.map(\.output) == [["1", ""], []])
        #expect(steps.steps.map(\.place) == ["d:5", "d:11"])
    }

    @Test func eachKindOfMistakeIsSaid() async throws {
        let root = try BenchLayout.temporaryRoot()
        defer { try? FileManager.default.removeItem(at: root) }
        let commands = [
            "x=1; f() { echo f; }", "echo $x; f\n#= 1\n#= f", "printf 'a  b-c\\n'\n#= a…b…c", "false", "echo 1\n#= 2", "echo 1; echo 2\n#= 1",
            "true\n#= 1",
            "echo ab >&2\n#= ab", "echo abc\n#= ab",
        ]
        var steps = DocumentedSteps()
        for (index, command) in commands.enumerated() { steps.add("```sh curl-test\n\(command)\n```", named: "\(index)") }
        let complaints = try await steps.run(in: root, environment: ["PATH": "/usr/bin:/bin"])
        #expect(complaints.compactMap { $0.first } == ["3", "4", "5", "6", "8"])
    }

    @Test func anythingStandsForAnything() {
        for (line, told) in [("ab", "a…"), ("ab", "…b"), ("a", "a…"), ("aXbYc", "a…b…c"), ("", "…"), ("a b", "a b")] {
            #expect(DocumentedSteps.fits(line, told), "\(line) \(told)")
        }
        for (line, told) in [("b", "a…"), ("ab", "a…ab"), ("acb", "a…b…c"), ("ab", "a"), ("", "a…")] {
            #expect(!DocumentedSteps.fits(line, told), "\(line) \(told)")
        }
    }
}
