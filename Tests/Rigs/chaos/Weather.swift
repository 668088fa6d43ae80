import BadNetwork
import SeededRandom

/// What is wrong with the network in a round: in four of ten nothing.
struct Weather: Sendable {
    /// The cable is pulled.
    var isOffline = false
    var rule: NetworkRule?

    init(_ generator: inout SeededGenerator) {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0, 1: isOffline = true
        case 2...5: rule = Self.rules.randomElement(using: &generator)
        default: break
        }
    }

    private static let patch = NetworkTarget.requests(method: "PATCH")
    private static let acknowledgement = NetworkTarget.requests(method: "GET", path: "/v1/acknowledgements/")
    private static let ledger = NetworkTarget.requests(method: "GET", path: "/v1/ledger")

    /// Bytes are changed only where something signed or digested them: on the way to a platform in the field TLS does that for all of them.
    static let rules: [NetworkRule] = [
        NetworkRule(.refuse, times: 2),
        NetworkRule(.reset(.upstream, after: 50), times: 3),
        NetworkRule(.reset(.upstream, after: 1500), on: patch, times: 3),
        NetworkRule(.reset(.downstream), on: patch, times: 3),
        NetworkRule(.halfClose(.downstream, after: 20), on: patch, times: 3),
        NetworkRule(.delay(.upstream, by: .milliseconds(10), jitter: .milliseconds(20), seed: 4)),
        NetworkRule(.delay(.downstream, by: .milliseconds(20), jitter: .milliseconds(40), seed: 5), on: .requests()),
        NetworkRule(.throttle(.upstream, bytesPerSecond: 400_000)),
        NetworkRule(.drop(.downstream), on: patch, times: 1),
        NetworkRule(.truncate(after: 30), on: .requests(method: "POST"), times: 3),
        NetworkRule(.truncate(after: 70), on: .requests(method: "HEAD"), times: 3),
        NetworkRule(.truncate(after: 40), on: patch, times: 3),
        NetworkRule(.truncate(after: 400), on: acknowledgement, times: 3),
        NetworkRule(.garbage(.upstream, from: 1500, count: 9, seed: 11), on: patch, times: 3),
        NetworkRule(.garbage(.downstream, from: 350, count: 3, seed: 16), on: acknowledgement, times: 3),
        NetworkRule(.garbage(.downstream, from: 250, count: 3, seed: 17), on: ledger, times: 2),
        NetworkRule(.reorder, on: patch, times: 1),
        NetworkRule(.duplicate(.before), on: .requests()),
        NetworkRule(.duplicate(.beside), on: .requests()),
        NetworkRule(.duplicate(.after), on: .requests()),
        NetworkRule(.status(503), on: .requests(), times: 4),
        NetworkRule(.status(429, retryAfter: .seconds(1)), on: .requests(), times: 2),
        NetworkRule(.portal(.page), on: .requests(), times: 4),
    ]
}
