internal import Dispatch
public import Foundation
public import PlatformAPI
internal import Synchronization

/// A material of a submission: what is announced of it, and the way to its bytes.
public struct SubmittedMaterial: Sendable {
    /// Size and digest are those of the plaintext.
    public var manifest: MaterialManifest
    /// Lends the plaintext for the time of a call.
    public var withBytes: @Sendable (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    /// `withBytes` is called once for each commit, on the store's thread.
    public init(manifest: MaterialManifest, withBytes: @escaping @Sendable (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) {
        self.manifest = manifest
        self.withBytes = withBytes
    }
}

/// A submission that is durable: nothing but a commit makes one, so that no receipt can be signed for another.
public struct HeldSubmission: Sendable {
    public let receipt: CustodyReceipt

    fileprivate init(_ application: ApplicationSubmission, _ packets: [KeptPacket], at date: Date) {
        receipt = CustodyReceipt(
            id: application.id, kiosk: application.kiosk, reference: application.reference,
            digest: CustodyReceipt.digest(of: packets.map { ($0.id, $0.digest) }), materials: packets.count - 1, heldAt: date)
    }
}

/// Turns a submission into sealed packets and commits them together: one for the application, one for each material, which depends on it.
public struct SubmissionSealer: Sendable {
    private let key: @Sendable () -> SealingKey
    private let signer: any KioskSigner
    private let store: any SubmissionStore

    /// - Parameters:
    ///   - key: the platform's at that time; nothing but the platform can open what was sealed to it
    ///   - signer: has the kiosk's own key
    public init(key: @escaping @Sendable () -> SealingKey, signer: any KioskSigner, store: any SubmissionStore) {
        self.key = key
        self.signer = signer
        self.store = store
    }

    /// Returns when everything is durable. Throws what the store throws, or `PacketError` of an unusable key; then nothing was stored.
    @discardableResult
    public func commit(_ application: ApplicationSubmission, _ materials: [SubmittedMaterial], at date: Date) async throws -> HeldSubmission {
        let form = try PlatformJSON.encode(application)
        let bytes = Dictionary(uniqueKeysWithValues: materials.map { ($0.manifest.id, $0.withBytes) })
        let drafts =
            [PacketDraft(id: application.id, kind: .application, reference: application.reference, dependsOn: nil)]
            + materials.map {
                PacketDraft(id: $0.manifest.id, kind: .material, reference: application.reference, dependsOn: application.id)
            }
        // Of the packet that was sealed last: what a kiosk's key of SM2 signs is not the store's SHA-256.
        let digest = Mutex<Data?>(nil)
        let closing: @Sendable (Data) throws -> Data = { [signer] stored in try signer.signature(ofPacket: digest.withLock(\.self) ?? stored) }
        let kept = try await store.commit(drafts, at: date, closing: closing) { [key = key(), kioskKey = signer.publicKey] draft, sequence, sink in
            let header = PacketHeader(id: draft.id, kind: draft.kind, kiosk: application.kiosk, sequence: sequence)
            let label = PacketLabel(reference: draft.reference, dependsOn: draft.dependsOn)
            var sealer = try PacketSealer(header: header, label: label, key: key, signedBy: kioskKey)
            try sink(sealer.prefix)
            if let withBytes = bytes[draft.id] {
                try withBytes { try Self.seal($0, with: &sealer, into: sink) }
            } else {
                try form.withUnsafeBytes { try Self.seal($0, with: &sealer, into: sink) }
            }
            digest.withLock { $0 = sealer.ownDigest }
        }
        // Not the submission's time: it was durable only now.
        return HeldSubmission(application, kept, at: Date())
    }

    /// The kiosk's signed word on what it holds. Throws what the signer throws, which changes nothing of what is held.
    public func custody(of held: HeldSubmission) async throws -> SignedCustodyReceipt {
        // A chip takes its time over a signature, off the cooperative pool.
        try await withCheckedThrowingContinuation { [signer] continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try signer.sign(held.receipt) }) }
        }
    }

    private static func seal(_ bytes: UnsafeRawBufferPointer, with sealer: inout PacketSealer, into sink: (Data) throws -> Void) throws {
        var rest = bytes[...]
        repeat {
            let chunk = rest.prefix(PacketSealer.chunkSize)
            rest = rest.dropFirst(chunk.count)
            try sealer.seal(lend(UnsafeRawBufferPointer(rebasing: chunk)), isLast: rest.isEmpty, into: sink)
        } while !rest.isEmpty
    }

    /// Not a copy: the sealer doesn't keep what it has sealed.
    private static func lend(_ bytes: UnsafeRawBufferPointer) -> Data {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return Data() }
        return Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: bytes.count, deallocator: .none)
    }
}
