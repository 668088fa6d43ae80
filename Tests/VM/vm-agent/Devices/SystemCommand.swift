import Bench
import Synchronization

/// A program of the machine's Debian, run to its end.
enum SystemCommand {
    /// What it printed. Throws ``DeviceTrouble`` with that when it ends otherwise than well.
    @discardableResult
    static func run(_ executable: String, _ arguments: [String]) async throws -> String {
        let output = Output()
        let command = BenchProcess.Command(executable, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"])
        let end = try await BenchProcess.start(command) { output.append($0) }.wait()
        guard end == .exit(0) else { throw DeviceTrouble("`\(([executable] + arguments).joined(separator: " "))` ended with \(end): \(output.text)") }
        return output.text
    }

    private final class Output: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        func append(_ piece: UnsafeRawBufferPointer) { bytes.withLock { $0.append(contentsOf: piece) } }

        /// One line, without the last line's end.
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n").joined(separator: "; ") }
    }
}
