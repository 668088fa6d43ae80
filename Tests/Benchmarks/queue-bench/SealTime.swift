import BenchLine
import Foundation
import KioskQueue
import KioskRuntime
import OpenSSLPeer
import PlatformAPI

/// A material of 10 MB sealed and stored, with the application that it belongs to: what a citizen waits for behind the last page. Beside OpenSSL that encrypts the same bytes,
/// writes them to a file and fsyncs that, and does nothing else. In turns; the medians are compared.
struct SealTime {
    let ground: URL

    private static let size = 10_000_000
    private static let turns = 31

    func run() async throws -> BenchLine {
        let platform = SealingPrivateKey().publicKey
        let store = OutboxStore(try FilledOutbox.open(ground.appending(path: "outbox")))
        let sealer = SubmissionSealer(key: { platform }, signer: try KioskPrivateKey(), store: store)
        let stock = SealedStock(kiosk: EnrolledKiosk.name, sealer: sealer, size: Self.size)
        let directory = ground.appending(path: "peer")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        let material = Data((0..<Self.size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        var (our, their): ([Duration], [Duration]) = ([], [])
        for turn in 0..<Self.turns {
            let began = ContinuousClock.now
            try await stock.commit(materials: 1)
            let between = ContinuousClock.now
            let stored = material.withUnsafeBytes { openssl_peer_store(directory.appending(path: "\(turn)").path, $0.baseAddress, $0.count) }
            guard stored == 0 else { throw BenchFailure("the peer couldn't store a material") }
            our.append(between - began)
            their.append(ContinuousClock.now - between)
        }
        return BenchLine(
            name: "seal-10m", value: our.median / .milliseconds(1), unit: "ms", peer: "openssl", peerValue: their.median / .milliseconds(1),
            goal: 1 / 0.8)
    }
}
