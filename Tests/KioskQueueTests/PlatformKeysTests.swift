import Foundation
import KioskQueue
import Logging
import PlatformAPI
import Synchronization
import Testing

@Suite struct PlatformKeysTests {
    private let platform = AcknowledgementSigner()
    private let directory: URL
    private let credential: KioskCredential

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        credential = KioskCredential(
            kiosk: "kiosk-1", token: "kiosk-1.secret", platformURL: try #require(URL(string: "https://city.example")),
            sealingKey: try platform.sign(SealingPrivateKey().publicKey, generation: 2), acknowledgementKey: platform.publicKey,
            kioskKey: try KioskPrivateKey().publicKey)
    }

    private func keys() -> PlatformKeys {
        var logger = Logger(label: "keys")
        logger.logLevel = .critical
        return PlatformKeys(credential: credential, directory: directory, logger: logger)
    }

    /// The platform is asked every 20 s: the journal isn't filled with what is known.
    @Test func aLostKeyIsToldOfOnce() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let journal = Journal()
        let keys = PlatformKeys(credential: credential, directory: directory, logger: Logger(label: "keys") { _ in journal })
        let own = info([credential.sealingKey])
        let former = info([try platform.sign(SealingPrivateKey().publicKey, generation: 1)])
        let other = info([try platform.sign(SealingPrivateKey().publicKey, generation: 2)])
        let steps = [
            (own, 0), (former, 1), (former, 1), (former, 1), (other, 2), (other, 2), (former, 3), (own, 3), (own, 3), (former, 4), (former, 4),
        ]
        for (index, step) in steps.enumerated() {
            keys.learn(from: step.0)
            #expect(journal.levels == Array(repeating: .critical, count: step.1), "step \(index)")
        }
        #expect(keys.current == credential.sealingKey.key)
    }

    private final class Journal: LogHandler, Sendable {
        private let kept = Mutex<[Logger.Level]>([])
        var levels: [Logger.Level] { kept.withLock { $0 } }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) { kept.withLock { $0.append(event.level) } }
    }

    private func info(_ statements: [SealingKeyStatement]) -> PlatformInfo {
        PlatformInfo(
            sealingKeys: statements, acknowledgementKeys: [platform.publicKey], term: UUID(), watermark: 0, maxPacketSize: 1, time: Date())
    }

    @Test(arguments: CryptoProfile.allCases) func aLaterKeyIsUsedAndRemembered(_ profile: CryptoProfile) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = keys()
        #expect(keys.current == credential.sealingKey.key)
        let later = try platform.sign(SealingPrivateKey(profile: profile).publicKey, generation: 3)
        keys.learn(from: info([credential.sealingKey, later]))
        #expect(keys.current == later.key)
        #expect(self.keys().current == later.key)
    }

    @Test func anEarlierKeyPlayedBackChangesNothing() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = keys()
        for generation in [1, 2] as [UInt64] {
            keys.learn(from: info([try platform.sign(SealingPrivateKey().publicKey, generation: generation)]))
            #expect(keys.current == credential.sealingKey.key)
        }
    }

    @Test func aKeyOfSomebodyElseChangesNothing() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = keys()
        let stranger = try AcknowledgementSigner().sign(SealingPrivateKey().publicKey, generation: 9)
        keys.learn(from: info([stranger]))
        #expect(keys.current == credential.sealingKey.key)
        for text in [String(decoding: try PlatformJSON.encode(stranger), as: UTF8.self), "{}", ""] {
            try Data(text.utf8).write(to: directory.appendingPathComponent("sealing-key.json"))
            #expect(self.keys().current == credential.sealingKey.key)
        }
    }

    @Test func aCredentialWithALaterKeyThanTheRememberedOneWins() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let former = try platform.sign(SealingPrivateKey().publicKey, generation: 1)
        try PlatformJSON.encode(former).write(to: directory.appendingPathComponent("sealing-key.json"))
        #expect(keys().current == credential.sealingKey.key)
    }
}
