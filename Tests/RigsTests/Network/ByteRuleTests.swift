import Bench
import NIOCore
import Testing

@testable import BadNetwork

/// What each rule does to the bytes of a connection, seen from both ends.
@Suite struct ByteRuleTests {
    private func see(_ what: String, _ check: @Sendable () -> (Bool, String)) async throws {
        let _: Bool = try await Poll.until(what, deadline: .seconds(60)) {
            let (there, seen) = check()
            return there ? .there(true) : .notYet(seen)
        }
    }

    private func see(_ end: RawEnd, _ what: String, _ check: @Sendable (RawEnd.Heard) -> Bool) async throws {
        try await see(what) {
            (check(end.heard), "\(end.heard.bytes.count) bytes, ended \(end.heard.ended), broke \(end.heard.broke), closed \(end.heard.closed)")
        }
    }

    private func firstConnection(_ server: RawServer) async throws -> RawEnd {
        try await Poll.until("a connection at the server", deadline: .seconds(60)) {
            server.connections.first.map { .there($0) } ?? .notYet("none")
        }
    }

    private static func bytes(_ count: Int) -> ByteBuffer { ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) }) }

    @Test func refuseResetsBeforeAByte() async throws {
        try await RawServer.with { proxy, server in
            let rule = proxy.add(.refuse, on: .connections(nth: 2), times: 1)
            let (first, one) = try await RawEnd.connect(proxy.port)
            try await one.writeAndFlush(Self.bytes(10))
            // The RST may come before the client has noticed that it is connected.
            if let (second, _) = try? await RawEnd.connect(proxy.port) {
                try await see(second, "the second to be reset") { $0.closed && $0.broke }
            }
            let (_, three) = try await RawEnd.connect(proxy.port)
            try await three.writeAndFlush(Self.bytes(10))
            try await see("the first and third to get through") {
                (server.connections.count == 2 && server.connections.allSatisfy { $0.heard.bytes.count == 10 }, "\(server.connections.count)")
            }
            #expect(proxy.fired(rule) == 1)
            #expect(!first.heard.closed)
        }
    }

    @Test func resetComesAfterSoManyBytes() async throws {
        try await RawServer.with { proxy, server in
            let rule = proxy.add(.reset(.upstream, after: 100))
            let (end, client) = try await RawEnd.connect(proxy.port)
            client.writeAndFlush(Self.bytes(1000), promise: nil)
            try await see(end, "RST at the client") { $0.broke && !$0.ended }
            let there = try await firstConnection(server)
            try await see(there, "RST at the server") { $0.broke }
            // What was on its way may be lost with a reset, but never more than that comes.
            #expect(there.heard.bytes.count <= 100)
            #expect(proxy.bytesForwarded == 100)
            #expect(proxy.fired(rule) == 1)
        }
    }

    @Test func dropSwallowsTheRestAndTheEnd() async throws {
        try await RawServer.with(answer: { _ in [1] }) { proxy, server in
            let rule = proxy.add(.drop(.upstream, after: 100))
            let (end, client) = try await RawEnd.connect(proxy.port)
            try await client.writeAndFlush(Self.bytes(1000))
            let there = try await firstConnection(server)
            try await see(end, "the answer to what arrived") { !$0.bytes.isEmpty }
            try await client.close(mode: .output)
            // Another connection made afterwards goes both ways: by then the first would have ended too.
            proxy.remove(rule)
            let (other, second) = try await RawEnd.connect(proxy.port)
            try await second.writeAndFlush(Self.bytes(1))
            try await see(other, "an answer on another connection") { !$0.bytes.isEmpty }
            #expect(there.heard.bytes.count == 100)
            #expect(!there.heard.ended && !end.heard.ended && !end.heard.closed)
            #expect(proxy.fired(rule) == 1)
        }
    }

    @Test func dropSwallowsAnswers() async throws {
        try await RawServer.with(answer: { _ in Array(repeating: 9, count: 50) }) { proxy, server in
            let rule = proxy.add(.drop(.downstream, after: 20))
            let (end, client) = try await RawEnd.connect(proxy.port)
            try await client.writeAndFlush(Self.bytes(10))
            try await see("the answer to be dropped") { (proxy.fired(rule) == 1, "\(end.heard.bytes.count)") }
            try await see(end, "what came before") { $0.bytes.count == 20 }
            try await client.writeAndFlush(Self.bytes(10))
            try await see(try await firstConnection(server), "more bytes at the server") { $0.bytes.count == 20 }
            #expect(end.heard.bytes.count == 20)
            #expect(!end.heard.closed)
        }
    }

    @Test func halfCloseShutsOneDirectionOnly() async throws {
        try await RawServer.with(answer: { _ in [1] }) { proxy, server in
            let rule = proxy.add(.halfClose(.upstream, after: 5))
            let (end, client) = try await RawEnd.connect(proxy.port)
            try await client.writeAndFlush(Self.bytes(9))
            let there = try await firstConnection(server)
            try await see(there, "FIN at the server after five bytes") { $0.ended && $0.bytes.count == 5 }
            try await see(end, "the answer that still comes") { !$0.bytes.isEmpty }
            #expect(!end.heard.ended)
            #expect(proxy.fired(rule) == 1)
        }
    }

    @Test func truncateEndsTheAnswerWithFIN() async throws {
        try await RawServer.withHTTP { proxy, _ in
            let rule = proxy.add(.truncate(after: 30), on: .requests(path: "/b"))
            let (end, client) = try await RawEnd.connect(proxy.port)
            try await client.writeAndFlush(ByteBuffer(string: "GET /a HTTP/1.1\r\n\r\n"))
            try await see(end, "the whole first answer") { $0.bytes.count == RawServer.answer.utf8.count }
            try await client.writeAndFlush(ByteBuffer(string: "GET /b HTTP/1.1\r\n\r\n"))
            try await see(end, "the end") { $0.ended }
            #expect(end.heard.bytes.count == RawServer.answer.utf8.count + 30)
            #expect(!end.heard.broke)
            #expect(proxy.fired(rule) == 1)
        }
    }

    @Test func garbageIsSeededAndWhereItWasAskedFor() async throws {
        var seen: [[UInt8]] = []
        for seed in [7, 7, 8] as [UInt64] {
            try await RawServer.with { proxy, server in
                let rule = proxy.add(.garbage(.upstream, from: 90, count: 20, seed: seed))
                let (_, client) = try await RawEnd.connect(proxy.port)
                try await client.writeAndFlush(Self.bytes(95))
                try await client.writeAndFlush(Self.bytes(205))
                let there = try await firstConnection(server)
                try await see(there, "all bytes") { $0.bytes.count == 300 }
                let sent = (0..<95).map { UInt8($0) } + (0..<205).map { UInt8($0) }
                let wrong = (0..<300).filter { there.heard.bytes[$0] != sent[$0] }
                #expect(wrong == Array(90..<110))
                #expect(proxy.fired(rule) == 1)
                seen.append(there.heard.bytes)
            }
        }
        #expect(seen[0] == seen[1])
        #expect(seen[0] != seen[2])
    }

    @Test func delayIsAtLeastThatLongAndKeepsTheOrder() async throws {
        try await RawServer.with { proxy, server in
            let rule = proxy.add(.delay(.upstream, by: .milliseconds(200), jitter: .milliseconds(50), seed: 3))
            let (_, client) = try await RawEnd.connect(proxy.port)
            let began = ContinuousClock.now
            for index in 0..<10 { client.writeAndFlush(ByteBuffer(bytes: [UInt8(index)]), promise: nil) }
            let there = try await firstConnection(server)
            try await see(there, "ten bytes") { $0.bytes.count == 10 }
            #expect(ContinuousClock.now - began >= .milliseconds(200))
            #expect(there.heard.bytes == (0..<10).map { UInt8($0) })
            #expect(proxy.fired(rule) == 1)
        }
    }

    /// What is under way arrives, and so does what is sent afterwards.
    @Test(arguments: [NetworkTarget.connections(), .requests()]) func removingADelayEndsIt(_ target: NetworkTarget) async throws {
        try await RawServer.withHTTP { proxy, server in
            let rule = proxy.add(.delay(.upstream, by: .seconds(600)), on: target)
            let (_, client) = try await RawEnd.connect(proxy.port)
            let (first, second) = ("PUT /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc", "def")
            try await client.writeAndFlush(ByteBuffer(string: first))
            try await see("the delay to take hold") { (proxy.fired(rule) == 1, "") }
            let there = try await firstConnection(server)
            #expect(there.heard.bytes.isEmpty)
            proxy.remove(rule)
            try await see(there, "what was under way") { $0.bytes == Array(first.utf8) }
            try await client.writeAndFlush(ByteBuffer(string: second))
            try await client.close(mode: .output)
            try await see(there, "the rest and FIN") { $0.bytes == Array((first + second).utf8) && $0.ended }
        }
    }

    @Test func throttleAndDripSetTheLeastTime() async throws {
        // Four pieces of 500 bytes, 50 ms apart; a hundred bytes and then 200, 1 ms apart.
        for (effect, count, least) in [
            (NetworkEffect.throttle(.upstream, bytesPerSecond: 10_000), 1600, Duration.milliseconds(150)),
            (.drip(.upstream, after: 100, every: .milliseconds(1)), 300, .milliseconds(199)),
        ] {
            try await RawServer.with { proxy, server in
                let rule = proxy.add(effect)
                let (_, client) = try await RawEnd.connect(proxy.port)
                let began = ContinuousClock.now
                client.writeAndFlush(Self.bytes(4000), promise: nil)
                let there = try await firstConnection(server)
                try await see(there, "\(count) bytes") { $0.bytes.count >= count }
                #expect(ContinuousClock.now - began >= least)
                proxy.remove(rule)
                try await see(there, "the rest") { $0.bytes.count == 4000 }
                #expect(there.heard.bytes == (0..<4000).map { UInt8(truncatingIfNeeded: $0) })
            }
        }
    }

    @Test func aSlowLineHoldsTheSenderBack() async throws {
        try await RawServer.with { proxy, server in
            proxy.stall(afterUpstream: 10)
            let (_, client) = try await RawEnd.connect(proxy.port)
            client.writeAndFlush(ByteBuffer(repeating: 1, count: 8 << 20), promise: nil)
            var looks: [Int] = []
            let waiting: Int = try await Poll.until("what waits on the dead line to stand still", deadline: .seconds(60)) {
                looks.append(try await proxy.waitingUpstream)
                let last = looks.suffix(10)
                return last.count == 10 && last.min() == last.max() && looks.last ?? 0 >= Lane.marks.high
                    ? .there(looks.last ?? 0) : .notYet("\(last)")
            }
            // NIO reads 64 KiB four times before it looks whether it still should.
            #expect(waiting < Lane.marks.high + 4 * (64 << 10))
            proxy.lift()
            let there = try await firstConnection(server)
            try await see(there, "all of it") { $0.bytes.count == 8 << 20 }
            #expect(proxy.bytesForwarded == 8 << 20)
        }
    }
}
