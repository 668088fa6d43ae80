import BenchLine
import Foundation
import JetStreamPeer
import Outbox
import PlatformAPI
import SQLitePeer

/// An item of 2 KB made durable: the outbox's commit beside another queue on the same disk. In turns of 10, so that a disk whose mood changes is as good or
/// bad for both; the medians of the turns are compared.
struct EnqueueTime {
    let items: Int
    let ground: URL

    private static let turn = 10

    /// Beside plain C with SQLite at FULL that stores the same row and file, with the same fsyncs.
    func besideSQLite() throws -> BenchLine {
        let directory = ground.appending(path: "peer")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        guard let peer = sqlite_peer_open(directory.path) else { throw BenchFailure("the peer doesn't open") }
        defer { sqlite_peer_close(peer) }
        return try compare("enqueue-2k", peer: "sqlite-c", goal: 1 / 0.9) { bytes in
            sqlite_peer_store(peer, UUID.v7(at: Date()).wireText, FilledOutbox.digest, bytes.baseAddress, bytes.count)
        }
    }

    /// Beside a JetStream whose every write is on the disk before it answers. That is one fsync, at the end of one file; the outbox brings a file, its name and a
    /// row to the disk one after the other.
    func besideJetStream() async throws -> BenchLine {
        let server = try await JetStreamServer.start(in: ground.appending(path: "jetstream"))
        do {
            guard let peer = jetstream_peer_open(server.url) else { throw BenchFailure("JetStream takes no stream") }
            defer { jetstream_peer_close(peer) }
            let line = try compare("enqueue-2k-jetstream", peer: "jetstream", goal: 3) { jetstream_peer_store(peer, $0.baseAddress, $0.count) }
            await server.stop()
            return line
        } catch {
            await server.stop()
            throw error
        }
    }

    private func compare(_ name: String, peer: String, goal: Double, store: (UnsafeRawBufferPointer) -> Int32) throws -> BenchLine {
        let outbox = try FilledOutbox.open(ground.appending(path: "outbox"))
        var (our, their): ([Duration], [Duration]) = ([], [])
        for _ in 0..<max(1, items / Self.turn) {
            our.append(try FilledOutbox.time(of: Self.turn, in: outbox))
            let began = ContinuousClock.now
            for _ in 0..<Self.turn {
                guard FilledOutbox.payload.withUnsafeBytes(store) == 0 else { throw BenchFailure("\(peer) couldn't store an item") }
            }
            their.append(ContinuousClock.now - began)
        }
        return BenchLine(
            name: name, value: our.median / .milliseconds(1) / Double(Self.turn), unit: "ms", peer: peer,
            peerValue: their.median / .milliseconds(1) / Double(Self.turn), goal: goal)
    }
}
