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
        /// Later ones that can't be sealed to, and why, since that was last said.
        var refused: Refusal?
        /// It was said that the platform has keys of a profile that this version doesn't know.
        var saidUnknown = false
    }

    private struct Refusal: Equatable {
        var key: SealingKey
        var generation: UInt64
        var reason: UnusableSealingKey
    }

    /// - Parameter directory: where a later key is remembered, in `sealing-key.json`; a file there that the platform didn't sign is passed over
    /// - Throws: `UnusableSealingKey` when nothing can be sealed to the key that there is
    public init(credential: KioskCredential, directory: URL, logger: Logger) throws(UnusableSealingKey) {
        believed = credential.acknowledgementKey
        file = directory.appendingPathComponent("sealing-key.json")
        self.logger = logger
        state = Mutex(State(statement: credential.sealingKey))
        if let bytes = try? Data(contentsOf: file), let remembered = try? PlatformJSON.decode(SealingKeyStatement.self, from: bytes) {
            _ = accept(remembered)
        }
        try current.check()
    }

    /// The key to seal to now.
    public var current: SealingKey { state.withLock(\.statement.key) }

    /// Takes over a later key that the platform tells of, if it signed it. That it no longer has this kiosk's is said once, not at each question.
    public func learn(from info: PlatformInfo) {
        let isNews = state.withLock { state in
            defer { state.saidUnknown = info.unknownSealingKeys > 0 }
            return info.unknownSealingKeys > 0 && !state.saidUnknown
        }
        if isNews {
            logger.warning(
                "the platform has sealing keys of a profile that this version doesn't know", metadata: ["keys": "\(info.unknownSealingKeys)"])
        }
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

    /// The statement, when it is believed, new, and of a key that can be sealed to. Else the former stays, which the platform still opens.
    private func accept(_ later: SealingKeyStatement) -> SealingKeyStatement? {
        guard later.verify(with: believed), state.withLock({ later.generation > $0.statement.generation }) else { return nil }
        do {
            try later.key.check()
        } catch {
            tell(Refusal(key: later.key, generation: later.generation, reason: error))
            return nil
        }
        return state.withLock { state in
            state.refused = nil
            guard later.generation > state.statement.generation else { return nil }
            state.statement = later
            return later
        }
    }

    /// Once of each, not at each question.
    private func tell(_ refusal: Refusal) {
        let isNew = state.withLock { state in
            defer { state.refused = refusal }
            return state.refused != refusal
        }
        guard isNew else { return }
        logger.critical(
            "the platform has a new sealing key that this kiosk can't use; it goes on with the former",
            metadata: ["generation": "\(refusal.generation)", "reason": "\(refusal.reason)"])
    }
}
