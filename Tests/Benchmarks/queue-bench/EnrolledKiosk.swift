import Bench
import Foundation
import KioskQueue
import KioskRuntime
import PlatformAPI

/// A kiosk that a city knows: where both keep what they have, and what the kiosk was given.
struct EnrolledKiosk {
    static let name = "bench-1"

    let layout: BenchLayout
    let credential: KioskCredential
    let key: KioskPrivateKey

    /// Makes both in a directory that is made. Nothing runs afterwards.
    init(in root: URL) async throws {
        layout = try BenchLayout(root: root)
        try layout.makeDirectories()
        try await VirtualPlatform(layout: layout, log: ProcessLog()).enrol(Self.name, credential: layout.credential)
        credential = try KioskCredential(contentsOf: layout.credential)
        key = try KioskPrivateKey(contentsOf: KioskPrivateKey.place(beside: layout.credential))
    }

    /// Seals to its city, as this kiosk.
    func sealer(_ store: OutboxStore) -> SubmissionSealer {
        SubmissionSealer(key: { [key = credential.sealingKey.key] in key }, signer: key, store: store)
    }

    /// As it reaches a platform at that port of this machine.
    func credential(port: Int) throws -> KioskCredential {
        var moved = credential
        guard let url = URL(string: "http://127.0.0.1:\(port)") else { throw URLError(.badURL) }
        moved.platformURL = url
        return moved
    }
}
