import BenchLine
import Foundation
import Outbox
import SQLitePeer

/// An item of 2 KB made durable: the outbox's commit beside plain C with SQLite at FULL that stores the same row and file. Both in the same directory, in
/// turns of 50; the medians of the turns are compared.
struct EnqueueTime {
    let items: Int
    let ground: URL

    private static let turn = 50

    func run() throws -> BenchLine {
        let theirs = ground.appending(path: "peer")
        try FileManager.default.createDirectory(at: theirs, withIntermediateDirectories: false)
        guard let peer = sqlite_peer_open(theirs.path) else { throw BenchFailure("the peer doesn't open") }
        defer { sqlite_peer_close(peer) }
        let outbox = try FilledOutbox.open(ground.appending(path: "outbox"))
        var (our, their): ([Duration], [Duration]) = ([], [])
        for _ in 0..<max(1, items / Self.turn) {
            our.append(try FilledOutbox.time(of: Self.turn, in: outbox))
            their.append(try time(of: peer))
        }
        return BenchLine(
            name: "enqueue-2k", value: our.median / .milliseconds(1) / Double(Self.turn), unit: "ms", peer: "sqlite-c",
            peerValue: their.median / .milliseconds(1) / Double(Self.turn), goal: 1 / 0.9)
    }

    private func time(of peer: OpaquePointer) throws -> Duration {
        let began = ContinuousClock.now
        for _ in 0..<Self.turn {
            let stored = FilledOutbox.payload.withUnsafeBytes { bytes in
                sqlite_peer_store(peer, UUID().uuidString.lowercased(), FilledOutbox.digest, bytes.baseAddress, bytes.count)
            }
            guard stored == 0 else { throw BenchFailure("the peer couldn't store an item") }
        }
        return ContinuousClock.now - began
    }
}
