import Foundation

/// The machine's clock, or one that whoever writes to a file puts forth and back while the queue is at work.
struct WallClock: Sendable {
    /// Replaced by another, never written in place; nil for the machine's own clock.
    let file: String?

    var now: Date {
        guard let file else { return Date() }
        // A test whose clock isn't moved as it thinks proves nothing.
        guard let seconds = Self.seconds(in: file) else { fatalError("\(file) doesn't hold a number of seconds") }
        return Date().addingTimeInterval(seconds)
    }

    /// Nil when the file isn't there, or holds something else.
    static func seconds(in file: String) -> TimeInterval? {
        (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
