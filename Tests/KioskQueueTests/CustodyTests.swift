import Foundation
import KioskQueue
import KioskRuntime
import Logging
import Outbox
import PlatformAPI
import Testing

@Suite struct CustodyTests {
    /// The kiosk's word against its own disk.
    @Test func aReceiptNamesTheSealedFilesThatAreThere() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("custody-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let outbox = try Outbox(directory: directory, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let (signer, key) = (try KioskPrivateKey(), SealingPrivateKey().publicKey)
        let store = OutboxStore(outbox)
        let drafts = [
            PacketDraft(id: .v7(at: Date()), kind: .application, reference: "k1-1", dependsOn: nil),
            PacketDraft(id: .v7(at: Date()), kind: .material, reference: "k1-1", dependsOn: nil),
        ]
        let kept = try await store.commit(drafts, at: Date(), closing: signer.signature(ofPacket:)) { draft, sequence, sink in
            let header = PacketHeader(id: draft.id, kind: draft.kind, kiosk: "k1", sequence: sequence)
            var sealer = try PacketSealer(
                header: header, label: PacketLabel(reference: draft.reference, dependsOn: nil), key: key, signedBy: signer.publicKey)
            try sink(sealer.prefix)
            try sealer.seal(Data("content".utf8), isLast: true, into: sink)
        }
        #expect(kept.map(\.id) == drafts.map(\.id))
        for packet in kept {
            let entry = try #require(try outbox.entry(id: packet.id))
            #expect(packet.digest == entry.digest)
            #expect(packet.digest == Digest.sha256(try Data(contentsOf: outbox.fileURL(for: entry))))
        }
    }
}
