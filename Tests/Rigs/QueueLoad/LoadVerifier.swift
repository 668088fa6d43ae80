public import Foundation
public import Outbox
public import PlatformAPI

/// What befell a platform, as far as it decides what a kiosk may have done since.
public struct PlatformHistory: Sendable, Equatable {
    /// The last number of the ledger that a backup has; 0 for none.
    public var backedUp: UInt64 = 0
    /// Whether it was put back to a backup: from then on it may lack applications that the kiosk has rightly taken for delivered.
    public var wasRestored = false

    public init() {}
}

/// Compares what queue-load acknowledged with what outbox and platform hold. It only looks: what it is given it has from elsewhere.
public struct LoadVerifier: Sendable {
    /// What lies on the disk where an entry's sealed file should be.
    public enum Payload: Sendable, Equatable {
        case missing
        /// `digest`: SHA-256 in lower-case hexadecimal
        case present(byteCount: Int, digest: String)
    }

    private let seed: UInt64
    private let acknowledged: [String]

    /// - Parameters:
    ///   - seed: that of queue-load
    ///   - acknowledged: the references on its `acknowledged` lines
    public init(seed: UInt64, acknowledged: [String]) {
        self.seed = seed
        self.acknowledged = acknowledged
    }

    /// The outbox after a crash, or at the end: every acknowledged submission is there with all its packets, each waiting with its payload whole,
    /// or delivered with the platform's acknowledgement stored.
    /// - Parameters:
    ///   - drained: whether nothing may wait any more
    ///   - platform: what befell it so far
    ///   - payload: asked for waiting entries only
    public func check(
        _ entries: [OutboxEntry], drained: Bool, platform: PlatformHistory, payload: (OutboxEntry) throws -> Payload
    ) rethrows -> Findings {
        var findings = Findings()
        let byReference = Dictionary(grouping: entries, by: \.reference)
        for reference in acknowledged {
            let packets = byReference[reference] ?? []
            let expected = LoadContent(seed: seed, reference: reference).materials.count
            count(packets.count { $0.kind == "application" }, of: 1, "applications of \(reference) in the outbox", into: &findings)
            count(packets.count { $0.kind == "material" }, of: expected, "materials of \(reference) in the outbox", into: &findings)
            for packet in packets {
                let name = "\(packet.kind) \(packet.id.uuidString.lowercased()) of \(reference)"
                switch packet.state {
                case .rejected, .quarantined, .held: findings.corrupted.append("\(name) was set aside: \(packet.lastError ?? "no reason")")
                case .delivered, .archived:
                    if packet.acknowledgement?.isEmpty ?? true { findings.lost.append("\(name) counts as delivered without an acknowledgement") }
                    guard packet.state == .archived else { continue }
                    if packet.place?.number ?? .max > platform.backedUp { findings.lost.append("\(name) was erased before a backup had it") }
                    if let error = packet.lastError { findings.lost.append("\(name) was erased: \(error)") }
                case .waiting:
                    // A platform that was restored may lack one that it had; not one that was never on its way.
                    if !platform.wasRestored || packets.contains(where: Self.isUntried),
                        packet.lastError?.contains(Problem.Code.applicationMissing.rawValue) ?? false
                    {
                        findings.corrupted.append("\(name) was sent before its application")
                    }
                    if drained { findings.lost.append("\(name) still waits") }
                    switch try payload(packet) {
                    case .missing: findings.lost.append("\(name) has no payload")
                    case .present(packet.byteCount, packet.digest): break
                    case .present(let size, _): findings.corrupted.append("\(name) has another payload of \(size) bytes, not \(packet.byteCount)")
                    }
                }
            }
        }
        return findings
    }

    /// The platform after the drain: every acknowledged submission is there once, complete, and each material opens to the bytes that were handed in.
    /// Of those that were never acknowledged none is there twice or in part.
    /// - Parameters:
    ///   - applications: everything the platform holds of this kiosk
    ///   - open: the plaintext of a material of an application
    /// - Returns: what is wrong, and how many of the acknowledged are there once and whole
    public func check(
        _ applications: [ApplicationSummary], open: (_ material: UUID, _ application: UUID) async throws -> Data
    ) async throws -> (findings: Findings, whole: Int) {
        var findings = Findings()
        var whole = 0
        let byReference = Dictionary(grouping: applications, by: \.reference)
        for reference in acknowledged {
            let found = byReference[reference] ?? []
            var wrong = Findings()
            count(found.count, of: 1, "applications of \(reference) at the platform", into: &wrong)
            if let application = found.first { wrong += try await check(application, open: open) }
            if wrong.isEmpty { whole += 1 }
            findings += wrong
        }
        // What was never acknowledged, because the blow fell in between, has come once and whole or not at all.
        let told = Set(acknowledged)
        for (reference, found) in byReference where !told.contains(reference) {
            count(found.count, of: 1, "applications of \(reference) at the platform", into: &findings)
            if let application = found.first { findings += try await check(application, open: open) }
        }
        return (findings, whole)
    }

    private func check(
        _ application: ApplicationSummary, open: (_ material: UUID, _ application: UUID) async throws -> Data
    ) async throws -> Findings {
        var findings = Findings()
        let reference = application.reference
        let content = LoadContent(seed: seed, reference: reference)
        count(application.materials.count, of: content.materials.count, "materials of \(reference) at the platform", into: &findings)
        if Set(application.materials.map(\.id)).count != application.materials.count {
            findings.duplicated.append("a material of \(reference) stands twice at the platform")
        }
        // The manifest keeps the order in which they were handed in.
        for (material, expected) in zip(application.materials, content.materials) {
            let name = "material \(expected.index + 1) of \(reference)"
            guard material.receivedAt != nil else {
                findings.lost.append("\(name) has not arrived")
                continue
            }
            let digest = Digest.sha256(try await open(material.id, application.id))
            if digest != expected.digest() { findings.corrupted.append("\(name) has another digest at the platform") }
        }
        return findings
    }

    /// An application that waits, was never tried, and was never taken for delivered either.
    private static func isUntried(_ entry: OutboxEntry) -> Bool {
        entry.kind == "application" && entry.state == .waiting && entry.attempts == 0 && entry.lastError == nil
    }

    private func count(_ found: Int, of expected: Int, _ what: String, into findings: inout Findings) {
        if found < expected { findings.lost.append("\(found) of \(expected) \(what)") }
        if found > expected { findings.duplicated.append("\(found) of \(expected) \(what)") }
    }
}
