public import Foundation
public import Logging
public import PlatformAPI
internal import Synchronization

/// The key that this kiosk seals to: its credential's, until the platform has signed a later one, which is then remembered across restarts.
public final class PlatformKeys: Sendable {
    private let believed: AcknowledgementKey
    private let file: URL
    private let logger: Logger
    private let statement: Mutex<SealingKeyStatement>

    /// - Parameter directory: where a later key is remembered, in `sealing-key.json`; a file there that the platform didn't sign is passed over
    public init(credential: KioskCredential, directory: URL, logger: Logger) {
        believed = credential.acknowledgementKey
        file = directory.appendingPathComponent("sealing-key.json")
        self.logger = logger
        statement = Mutex(credential.sealingKey)
        if let bytes = try? Data(contentsOf: file), let remembered = try? PlatformJSON.decode(SealingKeyStatement.self, from: bytes) {
            _ = accept(remembered)
        }
    }

    /// The key to seal to now.
    public var current: SealingKey { statement.withLock(\.key) }

    /// Takes over a later key that the platform tells of, if it signed it.
    public func learn(from info: PlatformInfo) {
        guard let latest = info.sealingKeys.max(by: { $0.generation < $1.generation }), latest.verify(with: believed) else { return }
        let own = statement.withLock(\.self)
        if latest.generation < own.generation || latest.generation == own.generation && latest.key != own.key {
            // Somebody put older keys back. What is sealed to a key that is gone stays undecided there.
            logger.critical(
                "the platform no longer has the key that this kiosk seals to", metadata: ["key": "\(own.key.id)", "generation": "\(own.generation)"])
        }
        guard let accepted = accept(latest) else { return }
        logger.notice("the platform has a new sealing key", metadata: ["key": "\(accepted.key.id)", "generation": "\(accepted.generation)"])
        do {
            try PlatformJSON.encode(accepted).write(to: file, options: .atomic)
        } catch {
            // It is asked for again at the next start.
            logger.warning("the new sealing key couldn't be remembered", metadata: ["error": "\(type(of: error))"])
        }
    }

    /// The statement, when it is believed and new.
    private func accept(_ later: SealingKeyStatement) -> SealingKeyStatement? {
        guard later.verify(with: believed) else { return nil }
        return statement.withLock { statement in
            guard later.generation > statement.generation else { return nil }
            statement = later
            return later
        }
    }
}
