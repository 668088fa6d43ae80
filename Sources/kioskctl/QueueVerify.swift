import ArgumentParser
import Foundation
import Glibc
import LocalAPI

struct QueueVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Look at everything that lies in the queue, and set aside what is damaged.",
        discussion: """
            The database is checked, files that belong to no item are removed, and every sealed file is compared with what was committed. Items with a \
            damaged file go to quarantine; everything else goes on. Ctrl-C ends the waiting, and on a stopped kiosk the verification; nothing is lost by it.
            """)

    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await options.answer { queue in
            var line = ProgressLine()
            defer { line.clear() }
            return try await queue.verify { line.show($0) }
        }
    }
}

/// One line on the terminal, written over and over; nothing where standard error is no terminal.
private struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown: ContinuousClock.Instant?

    mutating func show(_ report: QueueVerificationReport) {
        let now = ContinuousClock.now
        guard isTerminal, shown.map({ now - $0 > .milliseconds(200) }) ?? true else { return }
        shown = now
        let share = report.total > 0 ? " (\(100 * report.items / report.total) %)" : ""
        write("\r\u{1B}[Kverifying: \(report.items) of \(report.total) items\(share), \(report.bytes >> 20) MiB")
    }

    mutating func clear() {
        if shown != nil { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
