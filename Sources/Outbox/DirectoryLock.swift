internal import Foundation
internal import Glibc

/// An exclusive lock on the outbox directory, held until this object or its process ends.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Waits for up to a second: a process that is ending, or a child that was forked but has not come to its exec yet, may hold on for a moment.
    init(directory: URL) throws {
        descriptor = open(directory.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw OutboxError.system("open", of: "lock") }
        let deadline = ContinuousClock.now + .seconds(1)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            let held = errno == EWOULDBLOCK
            if held, ContinuousClock.now < deadline {
                usleep(10_000)
                continue
            }
            let error = held ? OutboxError(.locked, "another process holds the outbox") : OutboxError.system("flock", of: "lock")
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }
}
