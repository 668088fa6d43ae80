import Bench
import BenchLine
import Foundation
import KioskModel
import Outbox
import PlatformAPI
import SQLitePeer
import Synchronization

/// The same requests out of one curl that keeps its connection, and behind each acknowledgement a commit of plain C with SQLite at FULL.
///
/// A request carries a checksum, which whoever sends it has to compute: what openssl takes for those counts as processor time. Cutting files into pieces and
/// writing down the requests doesn't count at all.
final class CurlDrain {
    private let peer: OpaquePointer
    private let directory: URL

    /// Makes the directory, and an empty database in it.
    init(in directory: URL) throws {
        self.directory = directory
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        guard let peer = sqlite_peer_open(directory.path) else { throw BenchFailure("the peer doesn't open") }
        self.peer = peer
    }

    deinit { sqlite_peer_close(peer) }

    /// Brings these to a platform that lends its port for as long as it is asked. Throws when any packet isn't acknowledged.
    func run(_ entries: [OutboxEntry], of outbox: Outbox, _ serving: ((KioskCredential) async throws -> Cost) async throws -> Cost) async throws
        -> Cost
    {
        for entry in entries where sqlite_peer_enqueue(peer, entry.id.wireText, entry.digest, entry.byteCount) != 0 {
            throw BenchFailure("the peer couldn't enter an item")
        }
        let pieces = directory.appending(path: "pieces")
        try FileManager.default.createDirectory(at: pieces, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: pieces) }
        let requests = try CurlRequests(entries, of: outbox, in: pieces)
        let checksums = try await requests.checksums()
        let taker = AcknowledgementTaker(peer: peer, ids: entries.map(\.id))
        let cost = try await serving { credential in
            let script = pieces.appending(path: "requests.curl")
            try requests.script(credential, checksums: checksums.values).write(to: script, atomically: false, encoding: .utf8)
            let meter = CostMeter()
            let curl = try await BenchProcess.start(.init("/usr/bin/curl", ["--config", script.path], environment: [:]), hearing: .seconds(60)) {
                taker.take($0)
            }
            let end = await curl.wait()
            let cost = meter.cost
            guard end == .exit(0) else { throw BenchFailure("curl ended with \(end)") }
            return cost
        }
        try taker.check()
        return Cost(wall: cost.wall, processor: cost.processor + checksums.cost.processor)
    }
}

/// Hears what curl prints: an acknowledgement a line, in the order of the packets.
private final class AcknowledgementTaker: Sendable {
    /// Unchecked: the peer is nobody else's meanwhile, and worked with under the lock.
    private struct State: @unchecked Sendable {
        var peer: OpaquePointer
        var heard: [String] = []
        var failures = 0
    }

    private let ids: [UUID]
    private let state: Mutex<State>

    init(peer: OpaquePointer, ids: [UUID]) {
        self.ids = ids
        state = Mutex(State(peer: peer))
    }

    func take(_ line: String) {
        state.withLock { state in
            guard state.heard.count < ids.count else { return state.failures += 1 }
            let id = ids[state.heard.count].wireText
            var text = line
            let kept = text.withUTF8 { sqlite_peer_deliver(state.peer, id, $0.baseAddress, $0.count) }
            if kept != 0 { state.failures += 1 }
            state.heard.append(text)
        }
    }

    /// Whether each line was what it was taken for.
    func check() throws {
        let (heard, failures) = state.withLock { ($0.heard, $0.failures) }
        for (line, id) in zip(heard, ids) {
            guard let signed = try? PlatformJSON.decode(SignedAcknowledgement.self, from: Data(line.utf8)), signed.acknowledgement.id == id else {
                throw BenchFailure("instead of an acknowledgement curl was told: \(line.prefix(200))")
            }
        }
        guard heard.count == ids.count, failures == 0 else {
            throw BenchFailure("of \(ids.count) packets \(heard.count) were acknowledged, and \(failures) acknowledgements couldn't be kept")
        }
    }
}
