public import Foundation
public import Logging
public import PlatformAPI
internal import Synchronization

/// The key that this kiosk seals to: its credential's, until the platform has signed a later one, which is then remembered across restarts.
public final class PlatformKeys: Sendable {
    private let believed: AcknowledgementKey
    private let file: URL
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var statement: SealingKeyStatement
        /// What the platform has in the place of that key, since it was last said.
        var told: SealingKeyStatement?
    }

    /// - Parameter directory: where a later key is remembered, in `sealing-key.json`; a file there that the platform didn't sign is passed over
    public init(credential: KioskCredential, directory: URL, logger: Logger) {
        believed = credential.acknowledgementKey
        file = directory.appendingPathComponent("sealing-key.json")
        self.logger = logger
        state = Mutex(State(statement: credential.sealingKey))
        if let bytes = try? Data(contentsOf: file), let remembered = try? PlatformJSON.decode(SealingKeyStatement.self, from: bytes) {
            _ = accept(remembered)
        }
    }

    /// The key to seal to now.
    public var current: SealingKey { state.withLock(\.statement.key) }

    /// Takes over a later key that the platform tells of, if it signed it. That it no longer has this kiosk's is said once, not at each question.
    public func learn(from info: PlatformInfo) {
        guard let latest = info.sealingKeys.max(by: { $0.generation < $1.generation }), latest.verify(with: believed) else { return }
        if let own = lost(to: latest) {
            // Somebody put older keys back. What is sealed to a key that is gone stays undecided there.
            logger.critical(
                "the platform no longer has the key that this kiosk seals to", metadata: ["key": "\(own.key.id)", "generation": "\(own.generation)"])
        }
        guard let accepted = accept(latest) else { return }
        logger.notice(
            "the platform has a new sealing key",
            metadata: ["key": "\(accepted.key.id)", "generation": "\(accepted.generation)", "profile": "\(accepted.key.profile.rawValue)"])
        do {
            try PlatformJSON.encode(accepted).write(to: file, options: .atomic)
        } catch {
            // It is asked for again at the next start.
            logger.warning("the new sealing key couldn't be remembered", metadata: ["error": "\(type(of: error))"])
        }
    }

    /// This kiosk's own, when the platform has only `latest` in its place, and that wasn't said yet.
    private func lost(to latest: SealingKeyStatement) -> SealingKeyStatement? {
        state.withLock { state in
            let own = state.statement
            guard latest.generation < own.generation || latest.generation == own.generation && latest.key != own.key else {
                state.told = nil
                return nil
            }
            // A signature may be another each time.
            if let told = state.told, told.generation == latest.generation, told.key == latest.key { return nil }
            state.told = latest
            return own
        }
    }

    /// The statement, when it is believed and new.
    private func accept(_ later: SealingKeyStatement) -> SealingKeyStatement? {
        guard later.verify(with: believed) else { return nil }
        return state.withLock { state in
            guard later.generation > state.statement.generation else { return nil }
            state.statement = later
            return later
        }
    }
}
