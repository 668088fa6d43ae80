internal import Foundation
public import KioskRuntime
public import Logging
internal import Outbox
internal import PlatformAPI
public import ServiceLifecycle
#if MUTANTS
    internal import Mutants
#endif

/// Asks the platform now and then who it is, and draws the consequences: a way that came back is used at once, a new key is sealed to, what a restored
/// platform has lost is sent again, and what it has in a backup is erased.
public struct PlatformWatch: Service {
    private let link: PlatformLink
    private let keys: PlatformKeys
    private let store: OutboxStore
    private let delivery: DeliveryService
    private let interval: Duration
    private let logger: Logger

    /// - Parameter interval: between two questions
    public init(
        link: PlatformLink, keys: PlatformKeys, store: OutboxStore, delivery: DeliveryService, interval: Duration = .seconds(20), logger: Logger
    ) {
        self.link = link
        self.keys = keys
        self.store = store
        self.delivery = delivery
        self.interval = interval
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                guard (try? await Task.sleep(for: interval)) != nil else { return }
            }
        }
    }

    /// Asks once; `run` does so again and again.
    public func look() async {
        guard let info = await link.info() else { return await delivery.probed(answered: false) }
        keys.learn(from: info)
        do {
            // Before the delivery is told that the way is free: what was lost goes with the rest.
            try await follow(info)
        } catch is CancellationError {
            return
        } catch let error as DeliveryError {
            logger.warning("the platform's ledger wasn't heard of", metadata: ["error": "\(error)"])
        } catch {
            // The outbox's own: it is looked at again in a moment, and whoever commits or delivers says the same.
            logger.error("the outbox couldn't be compared with the platform's ledger", metadata: ["error": "\(error)"])
        }
        await delivery.probed(answered: true)
    }

    private func follow(_ info: PlatformInfo) async throws {
        if try await store.perform({ try $0.platformTerm() }) != info.term.wireText {
            try await reconcile()
        } else if info.watermark > 0, try await store.perform({ try $0.keeps(through: info.watermark) }) {
            try await erase(try await link.ledger(terms: []))
        }
    }

    private func reconcile() async throws {
        #if MUTANTS
            if Mutant.noReconciliation.isAwake { return }
        #endif
        let asked = try await store.perform { try $0.ledgerTerms() }
        let statement = try await link.ledger(terms: asked.compactMap { UUID(wireText: $0) })
        let extents = Dictionary(statement.extents.map { ($0.term.wireText, $0.through) }, uniquingKeysWith: min)
        let found = try await store.perform { try $0.reconcile(term: statement.term.wireText, asked: asked, extents: extents) }
        if found.returned > 0 { await delivery.notifyCommitted() }
        try await erase(statement)
    }

    /// Only what the platform signed for counts here: nothing else makes a kiosk erase anything.
    private func erase(_ statement: LedgerStatement) async throws {
        var erased = 0
        while true {
            try Task.checkCancellation()
            // A commit that comes meanwhile has its turn between two batches.
            let count = try await store.perform { try $0.archive(through: statement.watermark, term: statement.term.wireText) }
            if count == 0 { break }
            erased += count
        }
        if erased > 0 { logger.info("erased what the platform has in a backup", metadata: ["count": "\(erased)"]) }
    }
}
