import Foundation

@testable import Bench

/// The commands of a document: what stands in its fenced blocks marked `sh curl-test`. Behind some commands `#=` tells a line that they print; … there is anything.
struct DocumentedSteps {
    /// Commands up to the end of what they print.
    struct Step {
        /// Document and line.
        var place: String
        var commands: [String] = []
        var output: [String] = []
    }

    private(set) var steps: [Step] = []

    /// Adds those of another document; they are run behind the ones before, in the same shell.
    /// - Parameter name: what to call it in a complaint
    mutating func add(_ document: String, named name: String) {
        var isInside = false
        var step: Step?
        func finish(_ step: inout Step?) {
            if let step { steps.append(step) }
            step = nil
        }
        for (index, line) in document.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if !isInside {
                isInside = line == "```sh curl-test"
            } else if line == "```" {
                finish(&step)
                isInside = false
            } else if line.hasPrefix("#=") {
                step?.output.append(String(line.dropFirst(line.hasPrefix("#= ") ? 3 : 2)))
            } else {
                if step?.output.isEmpty == false { finish(&step) }
                step = step ?? Step(place: "\(name):\(index + 1)")
                step?.commands.append(String(line))
            }
        }
    }

    /// Runs all of them in one bash, in a directory that is empty.
    /// - Returns: what isn't as the documents say: a command that fails counts, and a line too many or too few
    func run(in directory: URL, environment: [String: String]) async throws -> [String] {
        let files = directory.appending(path: ".steps")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        let script = files.appending(path: "script")
        try Data(text(files).utf8).write(to: script)
        let log = ProcessLog()
        let bash = try await BenchProcess.start(.init("/bin/bash", [script.path, directory.path], environment: environment)) {
            log.append($0, from: "bash")
        }
        let end = await bash.wait()
        var complaints = end == .exit(0) ? [] : ["bash ended with \(end): \(log.recent.joined(separator: "; "))"]
        for (index, step) in steps.enumerated() {
            let printed = try? String(contentsOf: files.appending(path: "\(index)"), encoding: .utf8)
            let status = try? String(contentsOf: files.appending(path: "\(index).status"), encoding: .utf8)
            var lines = (printed ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last == "" { lines.removeLast() }
            let fits = lines.count == step.output.count && zip(lines, step.output).allSatisfy { Self.fits($0, $1) }
            if fits, status == "0\n" { continue }
            complaints.append(
                "\(step.place): status \(status ?? "none"), printed:\n\(lines.joined(separator: "\n"))\ninstead of:\n\(step.output.joined(separator: "\n"))"
            )
        }
        return complaints
    }

    /// A brace keeps variables and functions for the next step, as a person's shell does.
    private func text(_ files: URL) -> String {
        let steps = steps.enumerated().map { index, step in
            "{\n\(step.commands.joined(separator: "\n"))\n} >\"$STEPS/\(index)\" 2>&1\necho $? >\"$STEPS/\(index).status\"\n"
        }
        return "STEPS='\(files.path)'\ncd \"$1\" || exit\n" + steps.joined()
    }

    /// Whether a line is what was told, in which … stands for anything.
    static func fits(_ line: String, _ told: String) -> Bool {
        let parts = told.components(separatedBy: "…")
        guard parts.count > 1 else { return line == told }
        guard let first = parts.first, let last = parts.last, line.hasPrefix(first), line.dropFirst(first.count).hasSuffix(last) else { return false }
        var rest = line.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
