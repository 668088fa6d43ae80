import Bench
import Foundation
import NIOCore
import Testing

@testable import BadNetwork

/// What each rule does to requests, seen from both ends.
@Suite struct RequestRuleTests {
    private func see(_ what: String, _ check: @Sendable () -> Bool, _ seen: @Sendable () -> String) async throws {
        let _: Bool = try await Poll.until(what, deadline: .seconds(60)) { check() ? .there(true) : .notYet(seen()) }
    }

    private func request(_ target: String, _ method: String = "GET") -> ByteBuffer {
        ByteBuffer(string: "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    /// Sends one request on a connection of its own and returns the answer up to `count` bytes.
    private func ask(_ proxy: NetworkProxy, _ target: String, _ method: String = "GET", until isWhole: @escaping @Sendable (String) -> Bool)
        async throws
        -> String
    {
        let (end, client) = try await RawEnd.connect(proxy.port)
        try await client.writeAndFlush(request(target, method))
        try await see("the answer to \(method) \(target)", { isWhole(end.text) }, { end.text })
        try await client.close()
        return end.text
    }

    @Test func statusIsAnsweredByTheProxyAndCounted() async throws {
        try await RawServer.withHTTP { proxy, server in
            let rule = proxy.add(.status(503, retryAfter: .seconds(7)), on: .requests(method: "PATCH", path: "/v1/"), times: 2)
            for _ in 0..<2 {
                let answer = try await ask(proxy, "/v1/a", "PATCH") { $0.hasSuffix("</html>") }
                #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
                #expect(answer.contains("\r\nRetry-After: 7\r\n"))
            }
            #expect(proxy.fired(rule) == 2)
            #expect(server.connections.allSatisfy { $0.heard.bytes.isEmpty })
            for (method, path) in [("PATCH", "/v1/a"), ("GET", "/v1/a"), ("PATCH", "/v2")] {
                _ = try await ask(proxy, path, method) { $0 == RawServer.answer }
            }
            #expect(proxy.fired(rule) == 2)
        }
    }

    @Test(arguments: [true, false]) func ofTwoAnswersTheOneAddedFirstIsGiven(_ isRequestFirst: Bool) async throws {
        try await RawServer.withHTTP { proxy, _ in
            let targets = [NetworkTarget.requests(), .connections()]
            let rules = zip([502, 503], isRequestFirst ? targets : targets.reversed()).map { proxy.add(.status($0), on: $1) }
            let answer = try await ask(proxy, "/a") { $0.hasSuffix("</html>") }
            #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(rules.map { proxy.fired($0) } == [1, 0])
        }
    }

    @Test func oneConnectionCarriesBothKindsOfAnswer() async throws {
        try await RawServer.withHTTP { proxy, server in
            proxy.add(.status(429), on: .requests(nth: 2), times: 1)
            let (end, client) = try await RawEnd.connect(proxy.port)
            for (index, expected) in ["200 OK", "429 Too Many Requests", "200 OK"].enumerated() {
                let before = end.heard.bytes.count
                try await client.writeAndFlush(request("/\(index)"))
                try await see("answer \(index)", { end.heard.bytes.count >= before + 40 }, { end.text })
                #expect(String(decoding: end.heard.bytes[before...], as: UTF8.self).hasPrefix("HTTP/1.1 " + expected))
            }
            #expect(server.connections.first?.text.contains("GET /1 ") == false)
        }
    }

    /// The second half of a head decides about the first.
    @Test func aHeadInPiecesIsHeldUntilItIsKnown() async throws {
        try await RawServer.withHTTP { proxy, server in
            proxy.add(.status(500), on: .requests(path: "/bad"))
            let (end, client) = try await RawEnd.connect(proxy.port)
            for piece in ["GE", "T /ba", "d HTTP/1.1\r\nHost", ": a\r\n\r\n"] { try await client.writeAndFlush(ByteBuffer(string: piece)) }
            try await see("the answer", { end.text.hasSuffix("</html>") }, { end.text })
            #expect(server.connections.allSatisfy { $0.heard.bytes.isEmpty })
        }
    }

    @Test func aHeadHasNoBodyInItsAnswer() async throws {
        try await RawServer.withHTTP { proxy, _ in
            proxy.add(.portal(.page), on: .requests())
            let answer = try await ask(proxy, "/a", "HEAD") { $0.hasSuffix("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(!answer.contains("Content-Length: 0"))
        }
    }

    @Test(arguments: zip(NetworkEffect.Portal.allCases, ["302 Found", "200 OK", "511 Network Authentication Required"]))
    func portalsAnswer(_ portal: NetworkEffect.Portal, _ line: String) async throws {
        try await RawServer.withHTTP { proxy, server in
            proxy.add(.portal(portal))
            let answer = try await ask(proxy, "/v1/info") { $0.contains("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 \(line)\r\n"))
            #expect(portal != .redirect || answer.contains("Location: http://portal.invalid/login\r\n"))
            #expect(server.connections.allSatisfy { $0.heard.bytes.isEmpty })
        }
    }

    @Test func reorderHoldsARequestUntilALaterOneWasAnswered() async throws {
        try await RawServer.withHTTP { proxy, server in
            let rule = proxy.add(.reorder, on: .requests(path: "/first"), times: 1)
            let (first, one) = try await RawEnd.connect(proxy.port)
            try await one.writeAndFlush(request("/first"))
            try await see("the first to be held", { proxy.fired(rule) == 1 }, { "\(proxy.fired(rule))" })
            #expect(server.connections.allSatisfy { $0.heard.bytes.isEmpty })
            _ = try await ask(proxy, "/second") { $0 == RawServer.answer }
            try await see("the first to be answered", { first.text == RawServer.answer }, { first.text })
            #expect(server.connections.contains { $0.text.contains("/first") })
        }
    }

    /// As on a real network: the sender has given up, and its request comes all the same.
    @Test func aHeldRequestArrivesAfterItsClientHasGone() async throws {
        try await RawServer.withHTTP { proxy, server in
            let rule = proxy.add(.reorder, on: .requests(path: "/first"), times: 1)
            let (end, one) = try await RawEnd.connect(proxy.port)
            try await one.writeAndFlush(request("/first"))
            try await see("the first to be held", { proxy.fired(rule) == 1 }, { "\(proxy.fired(rule))" })
            try await one.close()
            #expect(end.heard.bytes.isEmpty)
            _ = try await ask(proxy, "/second") { $0 == RawServer.answer }
            try await see("the late request", { server.connections.contains { $0.text.contains("/first") } }, { "\(server.connections.count)" })
        }
    }

    @Test func removingAReorderLetsTheRequestGo() async throws {
        try await RawServer.withHTTP { proxy, _ in
            let rule = proxy.add(.reorder, on: .requests())
            let (end, one) = try await RawEnd.connect(proxy.port)
            try await one.writeAndFlush(request("/first"))
            try await see("it to be held", { proxy.fired(rule) == 1 }, { "\(proxy.fired(rule))" })
            proxy.remove(rule)
            try await see("it to be answered", { end.text == RawServer.answer }, { end.text })
        }
    }

    @Test(arguments: [NetworkEffect.CopyOrder.before, .beside, .after])
    func duplicateSendsTheSameBytesOnAnotherConnection(_ order: NetworkEffect.CopyOrder) async throws {
        try await RawServer.withHTTP { proxy, server in
            let rule = proxy.add(.duplicate(order), on: .requests(), times: 1)
            let (end, client) = try await RawEnd.connect(proxy.port)
            let sent = "PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
            try await client.writeAndFlush(ByteBuffer(string: sent))
            try await see(
                "both copies", { server.connections.map(\.text).filter { $0 == sent }.count == 2 }, { "\(server.connections.map(\.text))" })
            try await see("one answer", { end.text == RawServer.answer }, { end.text })
            #expect(proxy.fired(rule) == 1)
            #expect(proxy.bytesForwarded == 2 * sent.utf8.count)
            // A later request passes once.
            try await client.writeAndFlush(request("/b"))
            try await see("the next answer", { end.text == RawServer.answer + RawServer.answer }, { end.text })
            #expect(server.connections.filter { $0.text.contains("/b") }.count == 1)
        }
    }

    @Test func slowAnswersComeInTheEnd() async throws {
        try await RawServer.withHTTP { proxy, _ in
            let rule = proxy.add(.drip(.downstream, every: .milliseconds(2)), on: .requests())
            _ = try await ask(proxy, "/a") { $0 == RawServer.answer }
            #expect(proxy.fired(rule) == 1)
        }
    }

    @Test func aRuleIsReadableAsText() throws {
        let rule = NetworkRule(.garbage(.downstream, from: 3, count: 9, seed: 5), on: .requests(method: "GET", path: "/v1", nth: 2), times: 4)
        #expect(try JSONDecoder().decode(NetworkRule.self, from: JSONEncoder().encode(rule)) == rule)
        let text = #"{"effect": {"throttle": {"direction": "upstream", "bytesPerSecond": 2000}}, "target": {"unit": "request", "path": "/v1"}}"#
        #expect(
            try JSONDecoder().decode(NetworkRule.self, from: Data(text.utf8))
                == NetworkRule(.throttle(.upstream, bytesPerSecond: 2000), on: .requests(path: "/v1")))
    }

    @Test(arguments: [
        #"{"effect": {"truncate": {"after": -1}}}"#, #"{"effect": {"refuse": {}}, "times": 0}"#,
        #"{"effect": {"answer": {"status": 100, "headers": {}, "body": ""}}}"#,
        #"{"effect": {"refuse": {}}, "target": {"unit": "request", "nth": 0}}"#, #"{"effect": {"melt": {}}}"#,
    ])
    func aRuleThatCanNotBeIsRefused(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(NetworkRule.self, from: Data(text.utf8)) }
    }
}
