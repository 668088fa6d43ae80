import Foundation
import KioskModel
import KioskQueue
import KioskRuntime
import Outbox
import PlatformAPI
import QueueLoad
import ServiceLifecycle

/// Citizens who submit one thing after the other, as fast as the outbox takes it.
struct LoadWriter: Service {
    let seed: UInt64
    /// Two starts with the same seed must not use a reference twice.
    let run: String
    let kiosk: String
    let sealer: SubmissionSealer
    let store: OutboxStore
    let delivery: DeliveryService
    let clock: WallClock
    /// Packets that may wait; 0 for no bound.
    let backlog: Int
    /// Whether to sign a receipt for each, and say it.
    let saysReceipts: Bool

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await write()
            } catch is CancellationError {
            }
        }
    }

    private func write() async throws {
        for number in 1... {
            try await waitForRoom()
            let reference = "Q\(seed)-\(run)-\(number)"
            do {
                let held = try await submit(LoadContent(seed: seed, reference: reference))
                say("acknowledged \(reference)")
                await delivery.notifyCommitted()
                if saysReceipts { say("receipt \(reference) \(try await sealer.custody(of: held).token)") }
            } catch let error as OutboxError {
                say("refused \(reference) \(error.code.rawValue)")
                // What is full empties by itself. After anything else the outbox must be opened anew, as kioskd's supervisor does.
                guard error.code == .diskFull || error.code == .full else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func submit(_ content: LoadContent) async throws -> HeldSubmission {
        let now = clock.now
        let materials = content.materials.map { material in
            let bytes = material.bytes()
            let manifest = MaterialManifest(
                id: UUID.v7(at: now), requirement: material.requirement, mediaType: "application/pdf", pageCount: 1, byteCount: bytes.count,
                digest: Digest.sha256(bytes), trustLevel: .uploaded)
            return SubmittedMaterial(manifest: manifest) { body in try bytes.withUnsafeBytes(body) }
        }
        let application = ApplicationSubmission(
            id: UUID.v7(at: now), reference: content.reference, kiosk: kiosk, itemCode: content.itemCode, applicant: try Self.applicant,
            submittedAt: now, materials: materials.map(\.manifest))
        return try await sealer.commit(application, materials, at: now)
    }

    private func waitForRoom() async throws {
        try Task.checkCancellation()
        guard backlog > 0 else { return }
        while try await store.perform({ try $0.counts()[.waiting].entries }) >= backlog {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Nobody: the area code is assigned nowhere.
    private static var applicant: IdentityCard {
        get throws {
            guard let number = IDNumber("999999199003071234"), let birth = CivilDate(compact: "19900307"), let from = CivilDate(compact: "20200501")
            else { throw NoApplicant() }
            return IdentityCard(
                kind: .resident, name: "简样本", number: .citizen(number), sex: .male, ethnicGroupCode: "01", birth: birth,
                address: "虚构省样本市测试区合成街道一号院二栋三单元", issuer: "样本市公安局测试分局", validity: .init(from: from, until: nil))
        }
    }

    /// The made-up person isn't one that KioskModel takes any more.
    private struct NoApplicant: Error {}
}
