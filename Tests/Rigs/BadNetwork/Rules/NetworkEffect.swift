/// One way in which a network goes wrong. Byte offsets count from the beginning of what the rule took hold of; times are milliseconds.
public enum NetworkEffect: Sendable, Codable, Hashable {
    /// Towards the platform, or back.
    public enum Direction: String, Sendable, Codable {
        case upstream, downstream
    }

    /// When the second copy of a request is sent.
    public enum CopyOrder: String, Sendable, Codable {
        /// The request itself follows once the copy has been answered.
        case before
        /// Both at once.
        case beside
        /// The copy follows once the request itself has been answered.
        case after
    }

    /// The connection is reset before a byte has passed.
    case refuse
    /// RST to both sides once `after` bytes have passed in that direction.
    case reset(direction: Direction, after: Int)
    /// What follows `after` bytes is swallowed, the sender's FIN too; the connection stays open.
    case drop(direction: Direction, after: Int)
    /// FIN after `after` bytes in that direction; the other direction lives on.
    case halfClose(direction: Direction, after: Int)
    /// The response ends with FIN after `after` bytes, and the connection to the platform is closed.
    case truncate(after: Int)
    /// What is sent arrives later by so many milliseconds, and by a seeded part of `jitter` more. Nothing overtakes within a connection.
    case delay(direction: Direction, milliseconds: Int, jitter: Int, seed: UInt64)
    /// At most so many bytes a second.
    case throttle(direction: Direction, bytesPerSecond: Int)
    /// From `after` on one byte each so many milliseconds.
    case drip(direction: Direction, after: Int, milliseconds: Int)
    /// The `count` bytes from `from` on arrive as seeded random ones, each different from the one that was sent, in no bit outside `bits`.
    case garbage(direction: Direction, from: Int, count: Int, bits: UInt8, seed: UInt64)
    /// The request is held until one that began later, on another connection, has been answered.
    case reorder
    /// The request is sent twice, the second time on a connection of its own. The client gets the answer to its own.
    case duplicate(order: CopyOrder)
    /// The proxy answers the request; the platform never sees it.
    case answer(status: Int, headers: [String: String], body: String)
}

extension NetworkEffect {
    /// See `drop(direction:after:)`.
    public static func drop(_ direction: Direction, after: Int = 0) -> Self { .drop(direction: direction, after: after) }

    /// See `reset(direction:after:)`.
    public static func reset(_ direction: Direction, after: Int = 0) -> Self { .reset(direction: direction, after: after) }

    /// See `halfClose(direction:after:)`.
    public static func halfClose(_ direction: Direction, after: Int = 0) -> Self { .halfClose(direction: direction, after: after) }

    /// See `delay(direction:milliseconds:jitter:seed:)`. Durations are cut to whole milliseconds.
    public static func delay(_ direction: Direction, by delay: Duration, jitter: Duration = .zero, seed: UInt64 = 1) -> Self {
        .delay(direction: direction, milliseconds: delay.milliseconds, jitter: jitter.milliseconds, seed: seed)
    }

    /// See `throttle(direction:bytesPerSecond:)`.
    public static func throttle(_ direction: Direction, bytesPerSecond: Int) -> Self {
        .throttle(direction: direction, bytesPerSecond: bytesPerSecond)
    }

    /// A slow loris: one byte each `interval`, cut to whole milliseconds.
    public static func drip(_ direction: Direction, after: Int = 0, every interval: Duration) -> Self {
        .drip(direction: direction, after: after, milliseconds: interval.milliseconds)
    }

    /// See `garbage(direction:from:count:bits:seed:)`. With `bits` at 1, texts stay texts.
    public static func garbage(_ direction: Direction, from: Int = 0, count: Int, bits: UInt8 = 0xFF, seed: UInt64 = 1) -> Self {
        .garbage(direction: direction, from: from, count: count, bits: bits, seed: seed)
    }

    /// See `duplicate(order:)`.
    public static func duplicate(_ order: CopyOrder) -> Self { .duplicate(order: order) }

    /// A gateway's answer, with `Retry-After` in whole seconds when it is given.
    public static func status(_ status: Int, retryAfter: Duration? = nil) -> Self {
        var headers = ["Content-Type": "text/html"]
        if let retryAfter { headers["Retry-After"] = String(retryAfter.components.seconds) }
        return .answer(status: status, headers: headers, body: "<html><body>\(status)</body></html>")
    }

    /// What a captive portal does to somebody who hasn't logged in.
    public enum Portal: String, Sendable, Codable, CaseIterable {
        /// 302 to the login page.
        case redirect
        /// 200 with the login page instead of what was asked for.
        case page
        /// 511 Network Authentication Required, of RFC 6585.
        case authenticationRequired
    }

    /// A captive portal's answer.
    public static func portal(_ portal: Portal) -> Self {
        let login = "<html><body><form action=\"/login\">Log in to the guest network</form></body></html>"
        return switch portal {
        case .redirect: .answer(status: 302, headers: ["Location": "http://portal.invalid/login"], body: "")
        case .page: .answer(status: 200, headers: ["Content-Type": "text/html"], body: login)
        case .authenticationRequired: .answer(status: 511, headers: ["Content-Type": "text/html"], body: login)
        }
    }

    /// Why it can't be; nil when it can.
    var mistake: String? {
        switch self {
        case .refuse, .reorder, .duplicate: nil
        case .reset(_, let after), .drop(_, let after), .halfClose(_, let after), .truncate(let after):
            after < 0 ? "after is \(after); an offset is 0 or more" : nil
        case .delay(_, let milliseconds, let jitter, _):
            milliseconds < 0 || jitter < 0 ? "a delay and its jitter are 0 ms or more" : nil
        case .throttle(_, let rate): rate < 1 ? "bytesPerSecond is \(rate); use drop to let nothing pass" : nil
        case .drip(_, let after, let milliseconds): after < 0 || milliseconds < 1 ? "a drip begins at 0 or later and takes 1 ms or more" : nil
        case .garbage(_, let from, let count, let bits, _):
            from < 0 || count < 1 || bits == 0 ? "garbage starts at 0 or later, is 1 byte or longer, and differs in one bit or more" : nil
        case .answer(let status, let headers, _):
            if !(200...599).contains(status) {
                "\(status) is not a final HTTP status (200 to 599)"
            } else if headers.contains(where: { ($0.key + $0.value).contains(where: \.isNewline) }) {
                "a header field holds a line break"
            } else {
                nil
            }
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
