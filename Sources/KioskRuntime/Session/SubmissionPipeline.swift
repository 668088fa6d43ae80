internal import DeviceLink
internal import Foundation
internal import KioskFlow
internal import KioskModel
internal import PlatformAPI
#if MUTANTS
    internal import Mutants
#endif

/// From confirmed pages to a durable, sealed submission: one PDF a material (in the imaging worker), sealed to the platform's key, committed to the outbox.
/// The plaintext exists in memory files and in the chunk that is being sealed, nowhere else.
public struct SubmissionPipeline: Sendable {
    /// Name of the imaging worker.
    let worker: String
    let kiosk: String
    let sealer: SubmissionSealer
    let devices: any DeviceRunner

    public init(kiosk: String, worker: String, sealer: SubmissionSealer, devices: any DeviceRunner) {
        self.kiosk = kiosk
        self.worker = worker
        self.sealer = sealer
        self.devices = devices
    }

    enum Trouble: Error {
        /// The imaging worker could not make the document.
        case device(Failure)
        /// The outbox could not store it.
        case storage(any Error)
    }

    /// Returns when the submission is durable. Throws `Trouble` or `CancellationError`; then nothing was stored.
    func commit(
        _ submission: Submission, pages: [PageID: PageStore.Page], reference: String, at date: Date
    ) async throws -> HeldSubmission {
        var materials: [SubmittedMaterial] = []
        for material in submission.materials {
            materials.append(try await assemble(material, pages: material.pages.compactMap { pages[$0] }, reference: reference, at: date))
        }
        try Task.checkCancellation()
        var applicant = submission.applicant
        // The item asks for neither; what isn't needed isn't sent.
        applicant.photo = nil
        applicant.fingerprints = nil
        let application = ApplicationSubmission(
            id: UUID.v7(at: date), reference: reference, kiosk: kiosk, itemCode: submission.item.code, applicant: applicant, submittedAt: date,
            materials: materials.map(\.manifest))
        do {
            return try await sealer.commit(application, materials, at: date)
        } catch {
            throw Trouble.storage(error)
        }
    }

    private func assemble(
        _ material: Submission.Material, pages: [PageStore.Page], reference: String, at date: Date
    ) async throws -> SubmittedMaterial {
        var images = pages.map(\.image)
        for index in images.indices { images[index].index = index }
        let outcome = await devices.perform(
            .assemblePDF(DocumentRequest(title: reference, pages: images)), on: worker, files: pages.map(\.pixels),
            deadline: .seconds(30 + 10 * pages.count), progress: { _, _ in })
        guard case .success(.document(let info)) = outcome.completion, let file = outcome.files.first else {
            throw try Trouble.device(Failure(outcome.completion))
        }
        #if MUTANTS
            if Mutant.leak.isAwake { try leak(file) }
        #endif
        var digest = Digest()
        try file.withBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: PacketSealer.chunkSize) {
                digest.update(Data(bytes[start..<min(start + PacketSealer.chunkSize, bytes.count)]))
            }
        }
        let manifest = MaterialManifest(
            id: UUID.v7(at: date), requirement: material.requirement, mediaType: info.mediaType, pageCount: info.pageCount,
            byteCount: file.byteCount, digest: digest.hexadecimal, trustLevel: .uploaded)
        return SubmittedMaterial(manifest: manifest) { body in try file.withBytes(body) }
    }

    #if MUTANTS
        /// The deliberately leaking kiosk: what a careless temporary file would do, unlinked like one.
        private func leak(_ file: MemoryFile) throws {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try file.withBytes { try Data($0).write(to: path) }
            try FileManager.default.removeItem(at: path)
        }
    #endif
}

extension Failure {
    /// What an unsuccessful completion means to the flow. A success of the wrong kind is the host's fault; a cancelled command throws.
    init(_ completion: Completion) throws {
        switch completion {
        case .remedy(let remedy): self = .remedy(remedy)
        case .fault(let fault): self = .fault(fault)
        case .cancelled: throw CancellationError()
        case .success:
            self = .fault(DeviceFault(code: "link.wrong-result", action: .reset, detail: "the host answered with another command's result"))
        }
    }
}
