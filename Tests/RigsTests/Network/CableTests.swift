import Bench
import NIOCore
import Testing

@testable import BadNetwork

/// The cable: on, off, and dead after so many bytes.
@Suite(.timeLimit(.minutes(5))) struct CableTests {
    private func received(_ count: Int, by server: RawServer) async throws {
        let _: Bool = try await Poll.until("\(count) bytes at the server", deadline: .seconds(60)) {
            let there = server.connections.reduce(0) { $0 + $1.heard.bytes.count }
            return there >= count ? .there(true) : .notYet("\(there)")
        }
    }

    private func ended(_ end: RawEnd) async throws {
        let _: Bool = try await Poll.until("the connection to end", deadline: .seconds(60)) {
            end.heard.ended || end.heard.closed ? .there(true) : .notYet("\(end.heard)")
        }
    }

    @Test func passesBytesOn() async throws {
        try await RawServer.with { cable, server in
            let (_, client) = try await RawEnd.connect(cable.port)
            try await client.writeAndFlush(ByteBuffer(string: "hello"))
            try await received(5, by: server)
            #expect(server.connections.map(\.text) == ["hello"])
            #expect(cable.bytesForwarded == 5)
        }
    }

    @Test func unpluggingEndsConnectionsAndRefusesNewOnes() async throws {
        try await RawServer.with { cable, server in
            let (end, client) = try await RawEnd.connect(cable.port)
            try await client.writeAndFlush(ByteBuffer(string: "hello"))
            try await received(5, by: server)
            cable.setOnline(false)
            try await ended(end)
            let (refused, _) = try await RawEnd.connect(cable.port)
            try await ended(refused)
            #expect(server.connections.count == 1)
            cable.setOnline(true)
            let (_, again) = try await RawEnd.connect(cable.port)
            try await again.writeAndFlush(ByteBuffer(string: "back"))
            try await received(9, by: server)
        }
    }

    @Test func goesDeadAfterSoManyBytes() async throws {
        try await RawServer.with { cable, server in
            cable.stall(afterUpstream: 1000)
            let (_, client) = try await RawEnd.connect(cable.port)
            client.writeAndFlush(ByteBuffer(repeating: 7, count: 100_000), promise: nil)
            let _: Bool = try await Poll.until("the line to be dead", deadline: .seconds(60)) {
                cable.isStalled ? .there(true) : .notYet("\(cable.bytesForwarded) bytes passed")
            }
            #expect(cable.bytesForwarded == 1000)
            try await received(1000, by: server)
            #expect(server.connections.map(\.heard.bytes.count) == [1000])
            cable.lift()
            try await received(100_000, by: server)
        }
    }
}
