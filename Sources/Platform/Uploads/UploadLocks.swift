import Foundation

/// One request at a time works on an upload; a second one is told to come again rather than kept waiting.
actor UploadLocks {
    private var held = Set<UUID>()

    func acquire(_ id: UUID) -> Bool {
        held.insert(id).inserted
    }

    func release(_ id: UUID) {
        held.remove(id)
    }

    /// Nil when another request works on the upload.
    nonisolated func attempt<Result: Sendable>(_ id: UUID, _ work: () async throws -> Result) async rethrows -> Result? {
        guard await acquire(id) else { return nil }
        do {
            let result = try await work()
            await release(id)
            return result
        } catch {
            await release(id)
            throw error
        }
    }
}
