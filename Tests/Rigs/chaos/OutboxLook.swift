import Dispatch
import Foundation
import Logging
import Outbox
import PlatformAPI
import QueueLoad

/// Opens the outbox as a kiosk that starts again would, looks at everything that was acknowledged, and closes it.
enum OutboxLook {
    private static let queue = DispatchQueue(label: "look")

    /// - Parameter drained: whether nothing may wait any more
    static func look(at directory: URL, with verifier: LoadVerifier, drained: Bool) async -> Findings {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: look(directory, verifier, drained: drained)) }
        }
    }

    private static func look(_ directory: URL, _ verifier: LoadVerifier, drained: Bool) -> Findings {
        do {
            let outbox = try Outbox(directory: directory, logger: Logger(label: "look", factory: { _ in SwiftLogNoOpLogHandler() }))
            // What kioskd does beside its work: only here nobody commits meanwhile.
            let verification = try outbox.verify()
            var findings = try verifier.check(try outbox.entries(limit: .max), drained: drained) { entry in
                let file = outbox.fileURL(for: entry)
                guard FileManager.default.fileExists(atPath: file.path) else { return .missing }
                let data = try Data(contentsOf: file)
                return .present(byteCount: data.count, digest: Digest.sha256(data))
            }
            findings.corrupted += verification.databaseFaults.map { "the database: \($0)" } + verification.damaged.map { "the kept payload of \($0)" }
            return findings
        } catch {
            var findings = Findings()
            findings.corrupted.append("the outbox can't be read: \(error)")
            return findings
        }
    }
}
