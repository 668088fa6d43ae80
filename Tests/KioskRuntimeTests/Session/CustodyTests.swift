import DeviceLink
import Foundation
import KioskModel
import PlatformAPI
import Synchronization
import Testing

@testable import KioskRuntime

/// What the code on a receipt promises.
@Suite(.timeLimit(.minutes(1))) struct CustodyTests {
    /// A key that fails once everything is stored, as a chip may.
    private struct TiredSigner: KioskSigner {
        struct Tired: Error {}

        let key: KioskPrivateKey
        var publicKey: KioskKey { key.publicKey }

        func sign(_ bytes: Data) throws -> Data {
            guard bytes.range(of: Data("custody".utf8)) == nil else { throw Tired() }
            return try key.sign(bytes)
        }
    }

    private struct FullStore: SubmissionStore {
        struct Full: Error {}

        func commit(
            _ drafts: [PacketDraft], at date: Date, closing: @escaping @Sendable (_ digest: Data) throws -> Data,
            seal: @escaping @Sendable (PacketDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
        ) async throws -> [KeptPacket] {
            throw Full()
        }
    }

    private let strings: StringTable

    init() throws {
        strings = try StringTable(directory: repository.appendingPathComponent("Kiosk/strings"))
    }

    @Test func `the receipt's code names exactly what the store keeps, by the kiosk's key`() async throws {
        let kiosk = try ScriptedKiosk()
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let before = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let content = try await kiosk.fromStartToReceipt(&calls)
        let code = try #require(content.code)
        let signed = try SignedCustodyReceipt(token: code)
        #expect(try signed.verify(with: kiosk.signer.publicKey))
        #expect(try !signed.verify(with: KioskPrivateKey().publicKey))

        let packets = kiosk.store.packets.withLock { $0 }
        #expect(packets.map(\.draft.kind) == [.application, .material])
        let receipt = signed.receipt
        #expect(receipt.id == packets[0].draft.id && receipt.materials == 1 && receipt.kiosk == "kiosk-1")
        #expect(receipt.digest == CustodyReceipt.digest(of: packets.map { ($0.draft.id, Digest.sha256($0.sealed)) }))
        #expect(receipt.digest != CustodyReceipt.digest(of: packets.reversed().map { ($0.draft.id, Digest.sha256($0.sealed)) }))
        #expect(content.lines.contains { $0.value == receipt.reference } && packets[0].draft.reference == receipt.reference)
        #expect((before...Date()).contains(receipt.heldAt))

        // What is in the code stands above, and nothing of it is anybody's.
        let said = Data("\(receipt) \(content)".utf8)
        for personal in ["测试员", "9999991950", "虚拟市"] {
            #expect(said.range(of: Data(personal.utf8)) == nil)
        }
        #expect(content.footer.contains(strings.text("receipt.paper.custody", .simplifiedChinese)))
        #expect(code.count <= 374, "it fits where the paper's dots are large")
    }

    @Test func `what is stored is stored, also when its receipt can't be signed`() async throws {
        let kiosk = try ScriptedKiosk(signing: TiredSigner.init(key:))
        var calls = kiosk.devices.calls.makeAsyncIterator()
        let content = try await kiosk.fromStartToReceipt(&calls)
        let packets = kiosk.store.packets.withLock { $0 }
        #expect(packets.count == 2 && content.code == packets[0].draft.reference)
        #expect(!content.footer.contains(strings.text("receipt.paper.custody", .simplifiedChinese)), "a number alone proves nothing")
        #expect(content.footer.contains(strings.text("receipt.paper.footer", .simplifiedChinese)))
    }

    @Test(arguments: CryptoProfile.allCases, CryptoProfile.allCases)
    func `every packet of a commit opens, and is signed as its kiosk's key has it`(_ sealing: CryptoProfile, _ signing: CryptoProfile) async throws {
        let (key, signer, store) = (try SealingPrivateKey(profile: sealing), try KioskPrivateKey(profile: signing), KeptPackets())
        let sealer = SubmissionSealer(key: { key.publicKey }, signer: signer, store: store)
        // Of sizes that begin and end chunks, and all different: what is signed of one must not be of another.
        let pages = [Data(), Data(repeating: 1, count: 65_536), Data(repeating: 2, count: 70_000)]
        let materials = pages.map { page in
            SubmittedMaterial(
                manifest: MaterialManifest(
                    id: .v7(at: Date()), requirement: "proof", mediaType: "application/pdf", pageCount: 1, byteCount: page.count,
                    digest: Digest.sha256(page), trustLevel: .uploaded)
            ) { body in try page.withUnsafeBytes(body) }
        }
        let application = ApplicationSubmission(
            id: .v7(at: Date()), reference: "k0001-1", kiosk: "kiosk-1", itemCode: testItem.code, applicant: testCard, submittedAt: Date(),
            materials: materials.map(\.manifest))
        let held = try await sealer.commit(application, materials, at: Date())
        let packets = store.packets.withLock { $0 }
        #expect(packets.count == 4)
        for (index, packet) in packets.enumerated() {
            let header = PacketHeader(id: packet.draft.id, kind: packet.draft.kind, kiosk: "kiosk-1", sequence: UInt64(index + 1))
            let opened = try PacketOpener.open(packet.sealed, header: header, privateKeys: [key], kioskKeys: [signer.publicKey])
            if index > 0 { #expect(opened == pages[index - 1]) }
        }
        let receipt = try await sealer.custody(of: held)
        #expect(try receipt.verify(with: signer.publicKey))
    }

    @Test func `nothing is signed for what isn't stored`() async throws {
        struct NeverAsked: KioskSigner {
            let publicKey: KioskKey
            func sign(_ bytes: Data) throws -> Data {
                Issue.record("signed")
                return Data()
            }
        }
        let key = SealingPrivateKey().publicKey
        let sealer = SubmissionSealer(key: { key }, signer: NeverAsked(publicKey: try KioskPrivateKey().publicKey), store: FullStore())
        let application = ApplicationSubmission(
            id: .v7(at: Date()), reference: "k0001-1", kiosk: "kiosk-1", itemCode: testItem.code, applicant: testCard, submittedAt: Date(),
            materials: [])
        await #expect(throws: FullStore.Full.self) { try await sealer.commit(application, [], at: Date()) }
    }
}
