internal import Glibc

/// A conversation over a line, as it went: what a driver sent and what the device answered, in order. Times are not part of it: a driver that needs
/// them to be right isn't right.
public struct Recording: Sendable, Equatable {
    public enum Event: Sendable, Equatable {
        /// One frame, whole.
        case sent([UInt8])
        /// Everything that came until something else happened, however it was cut.
        case received([UInt8])
        /// The line failed with this code, other than TIMEOUT: silence is the absence of bytes.
        case failed(Int32)
        /// The line was opened anew: a driver does so after a failure.
        case opened
        /// A look, a read that doesn't wait, found nothing: what a driver throws away as too early ends here.
        case silent
    }

    public var events: [Event]

    public init(events: [Event] = []) {
        self.events = events
    }

    /// What came in pieces is put together, and the pieces are wiped.
    mutating func append(_ event: consuming Event) {
        if case .received = event, case .received? = events.last, var bytes = events[events.count - 1].takeBytes(), var more = event.takeBytes() {
            events[events.count - 1] = .received(bytes + more)
            bytes.wipe()
            more.wipe()
        } else {
            events.append(event)
        }
    }
}

extension Recording {
    /// Overwrites every byte with zeros and lets go of it: for a recording that holds personal values.
    ///
    /// Reached is what this value alone holds. Not reached are other copies of it (the bytes are then copied, and the copy is cleared), and what
    /// Swift's arrays left behind in memory that they outgrew; the host has no core dumps, no swap, and nobody who may trace it.
    public mutating func wipe() {
        for index in events.indices { events[index].wipe() }
        events = []
    }

    /// The mistake in a text that is no recording: a line's number, from 1, and what belongs there.
    public struct Malformed: Error, Equatable, CustomStringConvertible {
        public var line: Int
        public var expected: String

        public var description: String { "line \(line): \(expected)" }
    }

    private static let mark = "civickiosk-recording 1"
    /// Bytes a line of text.
    private static let width = 32

    /// Reads what ``text`` writes. Empty lines and those that begin with `#` say nothing.
    public init(_ text: String) throws(Malformed) {
        events = []
        var seen = false
        var last: Character?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard seen else {
                guard line == Self.mark else { throw Malformed(line: number, expected: "`\(Self.mark)` at the beginning") }
                seen = true
                continue
            }
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let rest = words.count > 1 ? words[1] : ""
            switch words[0] {
            case ">": events.append(.sent(try Self.bytes(rest, number)))
            case "<": append(.received(try Self.bytes(rest, number)))
            case "+" where last == ">":
                guard case .sent(let begun)? = events.last else { break }
                events[events.count - 1] = .sent(begun + (try Self.bytes(rest, number)))
                continue
            case "!":
                guard let code = Int32(rest), code < 0 else { throw Malformed(line: number, expected: "`!` and a negative code") }
                events.append(.failed(code))
            case "open" where rest.isEmpty: events.append(.opened)
            case "~" where rest.isEmpty: events.append(.silent)
            default: throw Malformed(line: number, expected: "`> HEX`, `+ HEX` behind it, `< HEX`, `! CODE`, `open` or `~`")
            }
            last = words[0].first
        }
        guard seen else { throw Malformed(line: 1, expected: "`\(Self.mark)` at the beginning") }
    }

    /// One event a line, long ones over several: `> HEX` and `+ HEX` for what was sent, `< HEX` for what came, `! CODE`, `open`, `~` for silence.
    public var text: String {
        var lines = [Self.mark]
        for event in events {
            switch event {
            case .sent(let bytes): lines += Self.lines(bytes, first: ">", more: "+")
            case .received(let bytes): lines += Self.lines(bytes, first: "<", more: "<")
            case .failed(let code): lines.append("! \(code)")
            case .opened: lines.append("open")
            case .silent: lines.append("~")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ bytes: [UInt8], first: String, more: String) -> [String] {
        stride(from: 0, to: max(bytes.count, 1), by: width).map { start in
            (start == 0 ? first : more) + " "
                + bytes[start..<min(start + width, bytes.count)].map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.count == 1 ? "0" + digits : digits
                }.joined()
        }
    }

    private static func bytes(_ text: Substring, _ line: Int) throws(Malformed) -> [UInt8] {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { throw Malformed(line: line, expected: "an even number of hexadecimal digits") }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16), digits[index] != UInt8(ascii: "+"),
                digits[index] != UInt8(ascii: "-")
            else { throw Malformed(line: line, expected: "hexadecimal digits") }
            bytes.append(byte)
        }
        return bytes
    }
}

extension Recording.Event {
    /// Overwrites the bytes with zeros and lets go of them.
    mutating func wipe() {
        var bytes = takeBytes()
        bytes?.wipe()
    }

    /// Takes the bytes out, so that they have one holder: of shared ones a copy would be wiped.
    fileprivate mutating func takeBytes() -> [UInt8]? {
        switch self {
        case .sent(let bytes), .received(let bytes):
            self = .opened
            return bytes
        case .failed, .opened, .silent: return nil
        }
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeros, which the compiler doesn't leave out, and lets go of them.
    fileprivate mutating func wipe() {
        withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
        self = []
    }
}
