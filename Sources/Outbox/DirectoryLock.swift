internal import Foundation
internal import Glibc

/// An exclusive lock on the outbox directory, held until this object or its process ends.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(directory: URL) throws {
        descriptor = open(directory.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw OutboxError.system("open", of: "lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let held = errno == EWOULDBLOCK
            let error = held ? OutboxError(.locked, "another process holds the outbox") : OutboxError.system("flock", of: "lock")
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }
}
