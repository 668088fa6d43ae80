import Foundation
import Outbox
import PlatformAPI
import QueueLoad
import Testing

/// A verifier that can't fail proves nothing: each state that it must object to is shown to it.
@Suite struct LoadVerifierTests {
    let seed: UInt64 = 5
    let reference: String
    let content: LoadContent
    let verifier: LoadVerifier
    let entries: [OutboxEntry]
    let application: ApplicationSummary

    init() {
        let reference = "Q5-test-1"
        self.reference = reference
        content = LoadContent(seed: seed, reference: reference)
        verifier = LoadVerifier(seed: seed, acknowledged: [reference])
        let now = Date()
        let id = UUID()
        let materials = content.materials.map { material in
            ApplicationSummary.Material(
                id: UUID(), requirement: material.requirement, mediaType: "application/pdf", pageCount: 1, byteCount: material.byteCount,
                digest: material.digest(), receivedAt: now)
        }
        application = ApplicationSummary(
            id: id, number: "1", reference: reference, kiosk: "k", itemCode: content.itemCode, status: .complete, submittedAt: now, receivedAt: now,
            materials: materials)
        let packets = materials.enumerated().map { index, material in
            OutboxEntry(
                id: material.id, sequence: UInt64(index + 2), kind: "material", reference: reference, dependsOn: id, byteCount: 10, digest: "d",
                createdAt: now)
        }
        entries =
            [OutboxEntry(id: id, sequence: 1, kind: "application", reference: reference, byteCount: 10, digest: "d", createdAt: now)] + packets
    }

    func outbox(
        _ entries: [OutboxEntry], drained: Bool = false, platform: PlatformHistory = PlatformHistory(),
        payload: LoadVerifier.Payload = .present(byteCount: 10, digest: "d")
    ) -> Findings {
        verifier.check(entries, drained: drained, platform: platform) { _ in payload }
    }

    /// All of them taken by the platform under the numbers from 1 on, and erased here.
    func archived() -> [OutboxEntry] {
        entries.enumerated().map { index, entry in
            var entry = entry
            entry.state = .archived
            entry.acknowledgement = Data([1])
            entry.place = LedgerPlace(term: "t", number: UInt64(index) + 1)
            return entry
        }
    }

    func platform(
        _ applications: [ApplicationSummary], damaged: Bool = false, by verifier: LoadVerifier? = nil
    ) async throws -> (findings: Findings, whole: Int) {
        try await (verifier ?? self.verifier).check(applications) { material, _ in
            let index = application.materials.firstIndex { $0.id == material } ?? 0
            var bytes = content.materials[index].bytes()
            if damaged { bytes[bytes.count / 2] ^= 1 }
            return bytes
        }
    }

    @Test func allIsWell() async throws {
        #expect(outbox(entries).isEmpty)
        var delivered = entries
        for index in delivered.indices {
            delivered[index].state = .delivered
            delivered[index].acknowledgement = Data([1])
        }
        #expect(outbox(delivered, drained: true).isEmpty)
        let verdict = try await platform([application])
        #expect(verdict.findings.isEmpty && verdict.whole == 1)
    }

    @Test func aMissingRowIsALoss() {
        #expect(outbox([]).lost.count == 2)
        #expect(outbox(Array(entries.dropLast())).lost.count == 1)
        #expect(outbox(Array(entries.dropFirst())).lost.count == 1)
    }

    @Test func aMissingPayloadIsALoss() {
        #expect(outbox(entries, payload: .missing).lost.count == entries.count)
    }

    @Test func aTornPayloadIsCorruption() {
        #expect(outbox(entries, payload: .present(byteCount: 0, digest: "e")).corrupted.count == entries.count)
        #expect(outbox(entries, payload: .present(byteCount: 10, digest: "e")).corrupted.count == entries.count)
    }

    @Test func anEntrySetAsideIsCorruption() {
        var entries = entries
        entries[1].state = .rejected
        #expect(outbox(entries).corrupted.count == 1)
        #expect(outbox(entries).lost.isEmpty)
    }

    @Test func whatStillWaitsAfterTheDrainIsALoss() {
        #expect(outbox(entries, drained: true).lost.count == entries.count)
    }

    @Test func deliveredWithoutAnAcknowledgementIsALoss() {
        var entries = entries
        entries[0].state = .delivered
        #expect(outbox(entries).lost.count == 1)
    }

    @Test func whatNoBackupHasMustNotBeErased() {
        var platform = PlatformHistory()
        platform.backedUp = UInt64(entries.count)
        #expect(outbox(archived(), drained: true, platform: platform, payload: .missing).isEmpty)
        platform.backedUp -= 1
        #expect(outbox(archived(), drained: true, platform: platform, payload: .missing).lost.count == 1)
        #expect(outbox(archived(), drained: true).lost.count == entries.count)
    }

    /// What the outbox itself reports as lost behind a backup is a loss, wherever the numbers stand.
    @Test func whatThePlatformLostAfterItWasErasedIsALoss() {
        var platform = PlatformHistory()
        platform.backedUp = .max
        var archived = archived()
        archived[0].lastError = "outbox.lost-behind-backup: gone"
        #expect(outbox(archived, drained: true, platform: platform).lost.count == 1)
    }

    @Test func aMaterialMustNotBeSentBeforeItsApplication() {
        var entries = entries
        entries[1].attempts = 1
        entries[1].lastError = "retryable (platform.application-missing): the platform asks to come again"
        #expect(outbox(entries).corrupted.count == 1)
        // Behind a backup it may be the platform that lost the application; not while that was never on its way.
        var platform = PlatformHistory()
        platform.wasRestored = true
        #expect(outbox(entries, platform: platform).corrupted.count == 1)
        entries[0].lastError = "outbox.lost-by-platform: it is sent again"
        #expect(outbox(entries, platform: platform).isEmpty)
        (entries[0].lastError, entries[0].attempts) = (nil, 1)
        #expect(outbox(entries, platform: platform).isEmpty)
        entries[1].lastError = "unreachable (platform.unreachable): no connection"
        #expect(outbox(entries).isEmpty)
    }

    @Test func aSecondRowIsADuplicate() {
        var again = entries[0]
        again.id = UUID()
        #expect(outbox(entries + [again]).duplicated.count == 1)
    }

    @Test func whatThePlatformHasNotIsALoss() async throws {
        let nothing = try await platform([])
        #expect(nothing.findings.lost.count == 1 && nothing.whole == 0)
        var incomplete = application
        incomplete.materials[0].receivedAt = nil
        let part = try await platform([incomplete])
        #expect(part.findings.lost.count == 1 && part.whole == 0)
        incomplete.materials.removeFirst()
        #expect(try await platform([incomplete]).findings.lost.count == 1)
    }

    @Test func anotherDigestAtThePlatformIsCorruption() async throws {
        let verdict = try await platform([application], damaged: true)
        #expect(verdict.findings.corrupted.count == content.materials.count && verdict.whole == 0)
    }

    @Test func twoApplicationsOrMaterialsAreDuplicates() async throws {
        var again = application
        again.id = UUID()
        let twice = try await platform([application, again])
        #expect(twice.findings.duplicated.count == 1 && twice.whole == 0)
        var more = application
        more.materials.append(more.materials[0])
        #expect(try await platform([more]).findings.duplicated.count == 2)
    }

    /// The acknowledgement may have died with the process; the platform must have it once all the same.
    @Test func whatNobodyWasToldOfCounts() async throws {
        let silent = LoadVerifier(seed: seed, acknowledged: [])
        var again = application
        again.id = UUID()
        let verdict = try await platform([application, again], by: silent)
        #expect(verdict.findings.duplicated.count == 1)
        let once = try await platform([application], by: silent)
        #expect(once.findings.isEmpty && once.whole == 0)
        var part = application
        part.materials[0].receivedAt = nil
        #expect(try await platform([part], by: silent).findings.lost.count == 1)
        #expect(try await platform([application], damaged: true, by: silent).findings.corrupted.count == content.materials.count)
    }
}
