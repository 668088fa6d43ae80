import BadNetwork
import Testing

/// A network that is bad in one way, and what the kiosk's delivery has to make of it.
struct NetworkTrouble: Sendable, CustomTestStringConvertible {
    enum Kind: Sendable {
        /// Nothing can be delivered before it is lifted, which happens after it came to pass so often.
        case blocks(until: Int)
        /// It comes to pass that often at least, and what it does is overcome without being lifted.
        case hurts(atLeast: Int)
    }

    var name: String
    var rule: NetworkRule
    var kind: Kind
    /// What else has to go wrong for it to come to pass.
    var occasion: NetworkRule?

    var testDescription: String { name }

    private static func blocks(_ name: String, _ effect: NetworkEffect, on target: NetworkTarget = .requests(), until: Int = 3) -> Self {
        Self(name: name, rule: NetworkRule(effect, on: target), kind: .blocks(until: until))
    }

    private static func hurts(
        _ name: String, _ effect: NetworkEffect, on target: NetworkTarget, times: Int? = 2, atLeast: Int? = nil, occasion: NetworkRule? = nil
    ) -> Self {
        Self(name: name, rule: NetworkRule(effect, on: target, times: times), kind: .hurts(atLeast: atLeast ?? times ?? 1), occasion: occasion)
    }

    private static let patch = NetworkTarget.requests(method: "PATCH")
    /// A piece of the material: the application is one small piece and comes before.
    private static let piece = NetworkTarget.requests(method: "PATCH", nth: 2)
    /// An upload that broke off is the only one whose offset is asked for.
    private static let breakingOff = NetworkRule(.reset(.downstream), on: patch, times: 2)
    private static let acknowledgement = NetworkTarget.requests(method: "GET", path: "/v1/acknowledgements/")

    static let all: [Self] = connections + bytes + requests + answers

    private static let connections: [Self] = [
        blocks("refuse", .refuse, on: .connections()),
        blocks("reset in the first head", .reset(.upstream, after: 50), on: .connections()),
        hurts("reset in the middle of a piece", .reset(.upstream, after: 60_000), on: piece),
        hurts("reset instead of an answer", .reset(.downstream), on: patch),
        hurts("half-close after the head", .halfClose(.upstream, after: 1000), on: patch),
        hurts("half-close of the answer", .halfClose(.downstream, after: 20), on: patch),
        hurts("half-close of the connection", .halfClose(.upstream, after: 100), on: .connections()),
        hurts("delay", .delay(.upstream, by: .milliseconds(30), jitter: .milliseconds(60), seed: 4), on: .connections(), times: nil),
        hurts("late answers", .delay(.downstream, by: .milliseconds(100), jitter: .milliseconds(100), seed: 5), on: .requests(), times: nil),
        hurts("throttle up", .throttle(.upstream, bytesPerSecond: 150_000), on: .connections(), times: nil),
        hurts("throttle down", .throttle(.downstream, bytesPerSecond: 2000), on: .connections(), times: nil),
    ]

    private static let bytes: [Self] = [
        hurts("drop in the middle of a piece", .drop(.upstream, after: 60_000), on: piece, times: 1),
        hurts("drop of an answer", .drop(.downstream), on: patch, times: 1),
        blocks("drop of everything", .drop(.upstream), on: .connections(), until: 2),
        hurts("truncated announcement", .truncate(after: 30), on: .requests(method: "POST")),
        hurts("truncated offset", .truncate(after: 70), on: .requests(method: "HEAD"), occasion: breakingOff),
        hurts("truncated answer to a piece", .truncate(after: 40), on: patch),
        hurts("truncated acknowledgement", .truncate(after: 400), on: acknowledgement),
        blocks("empty answers", .truncate(after: 0)),
        hurts("garbage in a piece", .garbage(.upstream, from: 5000, count: 9, seed: 11), on: piece),
        hurts("garbage in a request line", .garbage(.upstream, from: 2, count: 10, seed: 12), on: .requests(), times: 4),
        hurts("wrong letters in an announcement's path", .garbage(.upstream, from: 9, count: 3, bits: 1), on: .requests(method: "POST")),
        hurts("wrong digits in a piece's path", .garbage(.upstream, from: 20, count: 3, bits: 1), on: patch),
        hurts("garbage in an announcement", .garbage(.upstream, from: 100, count: 400, seed: 13), on: .requests(method: "POST")),
        hurts("garbage in a piece's head", .garbage(.upstream, from: 100, count: 200, seed: 14), on: patch),
        blocks("garbage for an answer", .garbage(.downstream, count: 50, seed: 15)),
        hurts("garbage in an acknowledgement", .garbage(.downstream, from: 350, count: 3, seed: 16), on: acknowledgement),
    ]

    private static let requests: [Self] = [
        hurts("a piece arrives after its repetition", .reorder, on: patch, times: 1),
        hurts("an announcement arrives after its repetition", .reorder, on: .requests(method: "POST"), times: 1),
        hurts("every request twice, the copy first", .duplicate(.before), on: .requests(), times: nil, atLeast: 6),
        hurts("every request twice, the copy last", .duplicate(.after), on: .requests(), times: nil, atLeast: 6),
        hurts("every request twice at once", .duplicate(.beside), on: .requests(), times: nil, atLeast: 6),
        // So many times and no more: a request that is too slow for its deadline on a loaded machine passes when it is repeated.
        hurts("slow loris asks", .drip(.upstream, every: .milliseconds(2)), on: .requests(method: "HEAD"), occasion: breakingOff),
        hurts("slow loris answers", .drip(.downstream, every: .milliseconds(2)), on: .requests(), times: 6),
        blocks("slow loris never comes to the body", .drip(.downstream, every: .milliseconds(500)), until: 2),
        blocks("slow loris never comes to the end", .drip(.downstream, after: 330, every: .milliseconds(500)), on: acknowledgement, until: 2),
    ]

    private static let answers: [Self] =
        [429, 500, 502, 503, 504].map { blocks("status \($0)", .status($0)) }
        + NetworkEffect.Portal.allCases.map { blocks("captive portal: \($0)", .portal($0)) }
        + [
            blocks("a proxy that wants a password", .status(407)),
            blocks("no content for anything", .answer(status: 204, headers: [:], body: "")),
            blocks("moved for good", .answer(status: 308, headers: ["Location": "http://portal.invalid/"], body: "")),
            blocks("JSON of somebody else", .answer(status: 200, headers: ["Content-Type": "application/json"], body: "{}")),
            blocks("the wrong content type", .answer(status: 200, headers: ["Content-Type": "text/plain"], body: "ok")),
            blocks("created by somebody else", .answer(status: 201, headers: ["Location": "/v1/uploads/1"], body: "")),
            blocks("no content for a piece", .answer(status: 204, headers: [:], body: ""), on: patch),
            blocks("an acknowledgement of somebody else", .portal(.page), on: acknowledgement),
        ]
}
