import Bench
import BenchLine
import Foundation
import KioskModel
import KioskQueue
import KioskRuntime
import PlatformAPI
import QueueLoad

/// Submissions of nobody, sealed and committed by what seals and commits those of citizens.
struct SealedStock {
    let kiosk: String
    let sealer: SubmissionSealer
    private let material: Data
    private let digest: String

    /// - Parameter size: bytes of each material
    init(kiosk: String, sealer: SubmissionSealer, size: Int) {
        self.kiosk = kiosk
        self.sealer = sealer
        let noise = Data((0..<1 << 20).map { _ in UInt8.random(in: 0...255) })
        var bytes = Data(capacity: size)
        while bytes.count < size { bytes += noise.prefix(size - bytes.count) }
        material = bytes
        digest = Digest.sha256(bytes)
    }

    /// Returns when an application with so many materials is durable.
    func commit(materials: Int) async throws {
        guard let item = LoadContent.items.first, let applicant = try Self.applicant else { throw BenchFailure("there is nobody to submit anything") }
        let now = Date()
        let manifests = (0..<materials).map { _ in
            MaterialManifest(
                id: UUID.v7(at: now), requirement: item.requirement, mediaType: "application/pdf", pageCount: 1, byteCount: material.count,
                digest: digest, trustLevel: .uploaded)
        }
        let application = ApplicationSubmission(
            id: UUID.v7(at: now), reference: "BENCH-0001", kiosk: kiosk, itemCode: item.code, applicant: applicant, submittedAt: now,
            materials: manifests)
        try await sealer.commit(
            application, manifests.map { manifest in SubmittedMaterial(manifest: manifest) { [material] in try material.withUnsafeBytes($0) } },
            at: now)
    }

    private static var applicant: IdentityCard? {
        get throws {
            guard let citizen = SyntheticCitizen.named("moved"), let number = IDNumber(citizen.number) else { return nil }
            return IdentityCard(
                kind: citizen.kind, name: citizen.name, number: .citizen(number), sex: citizen.sex, birth: citizen.birth, address: citizen.address,
                validity: .init(from: citizen.validFrom, until: citizen.validUntil))
        }
    }
}
