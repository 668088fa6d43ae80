import Foundation
import Glibc

/// One line on the terminal, written over and over; nothing where standard error is no terminal.
struct ProgressLine {
    private let verb: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown: ContinuousClock.Instant?

    /// - Parameter verb: what is being done: `verifying`
    init(_ verb: String) { self.verb = verb }

    mutating func show(_ count: Int, of total: Int, bytes: Int) {
        let now = ContinuousClock.now
        guard isTerminal, shown.map({ now - $0 > .milliseconds(200) }) ?? true else { return }
        shown = now
        let share = total > 0 ? " (\(100 * count / total) %)" : ""
        write("\r\u{1B}[K\(verb): \(count) of \(total) items\(share), \(bytes >> 20) MiB")
    }

    mutating func clear() {
        if shown != nil { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
