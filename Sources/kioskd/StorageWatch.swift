import KioskFlow
import KioskModel
import KioskQueue
import KioskRuntime
import LocalAPI
import Logging
import Outbox
import ServiceLifecycle

/// Tells the session whether the outbox takes anything: nobody is to scan a page that can't be kept, or that may reach nobody for too long.
///
/// After the disk has failed under a commit the outbox must be opened anew, which takes back what was in doubt: kioskd ends as soon as the citizen at the
/// screen has been told and is gone, and whoever runs it starts it again.
struct StorageWatch: Service {
    let store: OutboxStore
    let verifier: OutboxVerifier
    let watch: QueueWatch
    /// What can't be begun while the platform is away for too long.
    let freezing: Set<Journey>
    let engine: SessionEngine
    let logger: Logger

    struct Broken: Error, CustomStringConvertible {
        var description: String { "the disk failed under a commit; the outbox is opened anew at the next start" }
    }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                for await found in verifier.results.cancelOnGracefulShutdown() {
                    await engine.surroundingsChanged { $0.canStore = found.databaseFaults.isEmpty }
                }
            }
            group.addTask {
                for await condition in watch.conditions.cancelOnGracefulShutdown() {
                    await engine.surroundingsChanged { $0.take(condition, freezing: freezing) }
                }
            }
            group.addTask { try await self.watchCommits() }
        }
    }

    private func watchCommits() async throws {
        for await _ in store.broken.cancelOnGracefulShutdown() {
            logger.critical("the outbox is out of use until kioskd has been restarted")
            for await _ in await engine.updates().cancelOnGracefulShutdown() where await engine.isIdle { throw Broken() }
        }
    }
}

extension Surroundings {
    /// What the queue's condition means to the next citizen.
    mutating func take(_ condition: QueueWatch.Condition, freezing: Set<Journey>) {
        hasRoom = condition.hasRoom
        frozen = condition.isFrozen ? freezing : []
    }
}
