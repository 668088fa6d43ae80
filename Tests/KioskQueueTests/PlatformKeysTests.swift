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

    private func keys() throws -> PlatformKeys {
        var logger = Logger(label: "keys")
        logger.logLevel = .critical
        return try PlatformKeys(credential: credential, directory: directory, logger: logger)
    }

    /// The platform is asked every 20 s: the journal isn't filled with what is known.
    @Test func aLostKeyIsToldOfOnce() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let journal = Journal()
        let keys = try PlatformKeys(credential: credential, directory: directory, logger: Logger(label: "keys") { _ in journal })
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
        let keys = try keys()
        #expect(keys.current == credential.sealingKey.key)
        let later = try platform.sign(SealingPrivateKey(profile: profile).publicKey, generation: 3)
        keys.learn(from: info([credential.sealingKey, later]))
        #expect(keys.current == later.key)
        #expect(try self.keys().current == later.key)
    }

    /// 65 zeros are no point of SM2, and 31 no key of X25519.
    @Test(arguments: [(CryptoProfile.national, 65), (.international, 31)])
    func aKeyThatCannotBeSealedToIsNotTakenOver(_ profile: CryptoProfile, _ size: Int) throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let journal = Journal()
        let keys = try PlatformKeys(credential: credential, directory: directory, logger: Logger(label: "keys") { _ in journal })
        let useless = try platform.sign(SealingKey(publicKey: Data(count: size), profile: profile), generation: 3)
        for _ in 1...3 {
            keys.learn(from: info([useless]))
            #expect(keys.current == credential.sealingKey.key && journal.levels == [.critical])
        }
        // Nor out of the file, if a former version left it there.
        try PlatformJSON.encode(useless).write(to: directory.appendingPathComponent("sealing-key.json"))
        #expect(try self.keys().current == credential.sealingKey.key)
        let later = try platform.sign(SealingPrivateKey(profile: profile).publicKey, generation: 4)
        keys.learn(from: info([later]))
        #expect(keys.current == later.key)
    }

    @Test func aCredentialWhoseKeyCannotBeSealedToIsSaidAtTheStart() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        var credential = credential
        credential.sealingKey = try platform.sign(SealingKey(publicKey: Data(count: 65), profile: .national), generation: 2)
        let error = #expect(throws: UnusableSealingKey.self) {
            try PlatformKeys(credential: credential, directory: directory, logger: Logger(label: "keys"))
        }
        #expect(error?.description.contains(credential.sealingKey.key.id) == true)
    }

    /// The platform may be newer than the kiosk.
    @Test func aKeyOfAProfileOfTomorrowIsLeftOutAndToldOfOnce() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let journal = Journal()
        let keys = try PlatformKeys(credential: credential, directory: directory, logger: Logger(label: "keys") { _ in journal })
        let later = try platform.sign(SealingPrivateKey(profile: .national).publicKey, generation: 3)
        let both = String(decoding: try PlatformJSON.encode(info([later, credential.sealingKey])), as: UTF8.self)
        let tomorrow = try PlatformJSON.decode(PlatformInfo.self, from: Data(both.replacing("\"national\"", with: "\"tomorrow\"").utf8))
        #expect(tomorrow.sealingKeys == [credential.sealingKey] && tomorrow.unknownSealingKeys == 1)
        for _ in 1...3 {
            keys.learn(from: tomorrow)
            #expect(keys.current == credential.sealingKey.key && journal.levels == [.warning])
        }
        // What is of a known profile is held to it.
        let broken = Data(both.replacing("\"profile\":\"national\",", with: "").utf8)
        #expect(throws: DecodingError.self) { try PlatformJSON.decode(PlatformInfo.self, from: broken) }
    }

    @Test func anEarlierKeyPlayedBackChangesNothing() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = try keys()
        for generation in [1, 2] as [UInt64] {
            keys.learn(from: info([try platform.sign(SealingPrivateKey().publicKey, generation: generation)]))
            #expect(keys.current == credential.sealingKey.key)
        }
    }

    @Test func aKeyOfSomebodyElseChangesNothing() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let keys = try keys()
        let stranger = try AcknowledgementSigner().sign(SealingPrivateKey().publicKey, generation: 9)
        keys.learn(from: info([stranger]))
        #expect(keys.current == credential.sealingKey.key)
        for text in [String(decoding: try PlatformJSON.encode(stranger), as: UTF8.self), "{}", ""] {
            try Data(text.utf8).write(to: directory.appendingPathComponent("sealing-key.json"))
            #expect(try self.keys().current == credential.sealingKey.key)
        }
    }

    @Test func aCredentialWithALaterKeyThanTheRememberedOneWins() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let former = try platform.sign(SealingPrivateKey().publicKey, generation: 1)
        try PlatformJSON.encode(former).write(to: directory.appendingPathComponent("sealing-key.json"))
        #expect(try keys().current == credential.sealingKey.key)
    }
}
