import Dispatch
import Foundation
import Logging
import Outbox
import PlatformAPI
import QueueLoad

/// Opens the outbox as a kiosk that starts again would, looks at everything that was acknowledged, and closes it.
enum OutboxLook {
    /// What was seen.
    struct Sight: Sendable {
        var findings = Findings()
        /// Those whose payload is erased. A database that is lost takes their rows with it for good.
        var archived: [OutboxEntry] = []
    }

    /// What the look has to know besides.
    struct Question: Sendable {
        var verifier: LoadVerifier
        var platform = PlatformHistory()
        /// Erased entries whose rows a lost database took with it: they count as they were.
        var forgotten: [OutboxEntry] = []
        /// Whether nothing may wait any more.
        var drained = false
    }

    private static let queue = DispatchQueue(label: "look")

    static func look(at directory: URL, _ question: Question) async -> Sight {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: look(directory, question)) }
        }
    }

    private static func look(_ directory: URL, _ question: Question) -> Sight {
        var sight = Sight()
        do {
            let outbox = try Outbox(directory: directory, logger: Logger(label: "look", factory: { _ in SwiftLogNoOpLogHandler() }))
            // What kioskd does beside its work: only here nobody commits meanwhile.
            let verification = try outbox.verify()
            var entries = try outbox.entries(limit: .max)
            let known = Set(entries.map(\.id))
            entries += question.forgotten.filter { !known.contains($0.id) }
            sight.archived = entries.filter { $0.state == .archived }
            sight.findings = try question.verifier.check(entries, drained: question.drained, platform: question.platform) { entry in
                let file = outbox.fileURL(for: entry)
                guard FileManager.default.fileExists(atPath: file.path) else { return .missing }
                let data = try Data(contentsOf: file)
                return .present(byteCount: data.count, digest: Digest.sha256(data))
            }
            sight.findings.corrupted +=
                verification.databaseFaults.map { "the database: \($0)" } + verification.damaged.map { "the kept payload of \($0)" }
        } catch {
            sight.findings.corrupted.append("the outbox can't be read: \(error)")
        }
        return sight
    }
}
