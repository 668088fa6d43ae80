import Bench
import DeviceLink
import Foundation
import KioskModel
import Line
import LineShim
import Testing

@testable import IDCardReader

/// What the driver says to a reader can be recorded, and the recording, which says nothing of the citizen, answers the driver as the reader did.
@Suite struct ReaderRecordingTests {
    static let citizens = SyntheticCitizen.all.map(\.id)
    /// The recordings that are checked in. `KIOSK_RECORD=1` makes them anew.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")

    /// A poll and a read with fingerprints, recorded as a host does it.
    private func record(_ citizen: SyntheticCitizen, fault: SDTReaderCore.Fault? = nil) async throws -> String {
        let simulator = try SDTReaderSimulator()
        try await simulator.start()
        simulator.lay(SyntheticCard(citizen))
        if let fault { simulator.inject(fault, at: .read) }
        let driver = IDCardReaderDriver(port: .serial(path: simulator.devicePath, baud: 115_200), timing: ReaderBench.timing)
        do {
            try driver.beginRecording()
            let card = try read(driver)
            #expect(card?.name.reveal == citizen.name)
            #expect(driver.poll().conditions == [DeviceCondition(.cardLeft)])
            let text = try driver.endRecording()
            // The reader serves on, unrecorded.
            #expect(driver.poll().state == .ready)
            await simulator.stop()
            return text
        } catch {
            await simulator.stop()
            throw error
        }
    }

    private func read(_ driver: IDCardReaderDriver) throws -> IdentityCard? {
        let reply = try driver.perform(.readCard(fingerprints: true), files: [], context: ReaderBench.context())
        guard case .card(let card) = reply.result else { return nil }
        return card
    }

    private func driver(_ script: ReplayLine.Script) -> IDCardReaderDriver {
        IDCardReaderDriver(timing: ReaderBench.timing) { (_, limit) throws(ReaderFailure) in
            try ReaderConnection(line: kiosk_line(over: ReplayLine(script)), limit: limit)
        }
    }

    /// The card of `recording`, every event of which the driver used.
    private func replay(_ text: String) throws -> IdentityCard {
        let script = ReplayLine.Script(try Recording(text))
        let driver = driver(script)
        let card = try #require(try read(driver))
        #expect(driver.poll().conditions == [DeviceCondition(.cardLeft)])
        try script.finish()
        return card
    }

    /// As whole as the citizen's, and not theirs.
    private func expectAnonymous(_ card: IdentityCard, _ citizen: SyntheticCitizen) throws {
        #expect(card.kind == citizen.kind)
        #expect(card.name.reveal.utf16.count == citizen.name.utf16.count)
        #expect(card.name.reveal != citizen.name)
        #expect(card.latinName?.reveal.count == citizen.latinName?.count)
        #expect(card.number.reveal.value.count == citizen.number.count)
        #expect(card.birth.reveal == CivilDate(compact: "19700101"))
        #expect(card.address?.reveal.utf16.count == (citizen.newestAddress ?? citizen.address)?.utf16.count)
        #expect((card.validity.until == nil) == (citizen.validUntil == nil))
        let photo = try #require(card.photo).reveal
        #expect(Array(photo) == WLTPhoto.header + [UInt8](repeating: 0, count: 1016))
        #expect(card.fingerprints?.reveal == [])
    }

    /// Nothing that the card says of its holder stands in the bytes, in any of the encodings in which it could.
    private func expectNothing(of citizen: SyntheticCitizen, in text: String) throws {
        let recording = try Recording(text)
        let bytes = recording.events.flatMap { event -> [UInt8] in
            switch event {
            case .sent(let bytes), .received(let bytes): bytes
            case .failed, .opened, .silent: []
            }
        }
        let hex = text.lowercased()
        let card = SyntheticCard(citizen)
        let secrets =
            (citizen.personalTexts + [citizen.issuer, citizen.validFrom.compact, citizen.validUntil?.compact].compactMap(\.self))
            .flatMap { value in [SyntheticCard(citizen).encoded(value), Array(value.utf8)] }
            + [Array(card.photo[8..<24]), Array(card.fingerprints[0..<8]), Array(card.fingerprints[512..<520])]
            + [card.appendedAddress].compactMap(\.self)
        for secret in secrets where secret.count >= 4 {
            #expect(!bytes.contains(sequence: secret))
            #expect(!hex.contains(secret.map { String(format: "%02x", $0) }.joined()))
        }
        for value in citizen.personalTexts { #expect(!text.contains(value)) }
    }

    @Test(arguments: citizens) func aRecordedReadSaysNothingOfItsCitizenAndIsReplayed(id: String) async throws {
        let citizen = try #require(SyntheticCitizen.named(id))
        let text = try await record(citizen)
        try expectNothing(of: citizen, in: text)
        try expectAnonymous(try replay(text), citizen)
        if ProcessInfo.processInfo.environment["KIOSK_RECORD"] == "1" {
            let head = "# A read of the synthetic card `\(id)` by the simulated reader (SDTReaderSimulator), made anonymous by the driver.\n"
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try (head + text).write(to: Self.folder.appending(path: "\(id).recording"), atomically: true, encoding: .utf8)
        }
    }

    @Test(arguments: citizens) func aRecordingThatIsKeptIsReplayed(id: String) throws {
        let citizen = try #require(SyntheticCitizen.named(id))
        let text = try String(contentsOf: Self.folder.appending(path: "\(id).recording"), encoding: .utf8)
        try expectNothing(of: citizen, in: text)
        try expectAnonymous(try replay(text), citizen)
    }

    @Test func everyRecordingThatIsKeptIsReplayedByATest() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(names == Self.citizens.map { "\($0).recording" }.sorted())
    }

    @Test func aDriverThatDoesSomethingElseFailsTheReplay() async throws {
        let recording = try Recording(try await record(try #require(SyntheticCitizen.named("resident"))))
        let unused = ReplayLine.Script(recording)
        #expect(driver(unused).poll().state == .offline)
        #expect(throws: ReplayLine.Mismatch.self) { try unused.finish() }

        let other = ReplayLine.Script(recording)
        #expect(throws: DeviceFault.self) {
            try driver(other).perform(.readCard(fingerprints: false), files: [], context: ReaderBench.context())
        }
        #expect(throws: ReplayLine.Mismatch.self) { try other.finish() }
    }

    // MARK: Refusal

    @Test(arguments: [SDTReaderCore.Fault.corruptChecksum, .garbagePrefix, .truncate, .oversize])
    func whatCannotBeTakenApartIsNotHandedOver(fault: SDTReaderCore.Fault) async throws {
        let citizen = try #require(SyntheticCitizen.named("moved"))
        let thrown = await #expect(throws: DeviceFault.self) { try await record(citizen, fault: fault) }
        #expect(thrown?.code == "link.recording-refused")
        for value in citizen.personalTexts { #expect(thrown?.detail.contains(value) == false) }
    }

    private static func frame(_ status: UInt8, _ data: [UInt8]) -> [UInt8] {
        let length = data.count + 4
        let body = [UInt8(length >> 8), UInt8(length & 0xFF), 0, 0, status] + data
        return [0xAA, 0xAA, 0xAA, 0x96, 0x69] + body + [body.reduce(0, ^)]
    }

    private static func request(_ command: UInt8, _ parameter: UInt8) -> [UInt8] {
        [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 3, command, parameter, 3 ^ command ^ parameter]
    }

    @Test(
        arguments: [
            [.received(frame(0x90, []))],  // without a request
            [.sent([1, 2, 3])],
            [.sent(request(0x30, 0x07))],
            [.sent(request(0x20, 0x01)), .received(frame(0x9F, [1, 2, 3, 4, 5]))],
            [.sent(request(0x20, 0x01)), .received(frame(0x80, [1, 2, 3, 4]))],
            [.sent(request(0x12, 0xFF)), .received(frame(0x90, [UInt8](repeating: 7, count: 70)))],
            [.sent(request(0x30, 0x01)), .received(frame(0x90, [UInt8](repeating: 7, count: 1284)))],
            [.sent(request(0x30, 0x01)), .received(frame(0x90, [1, 0, 4, 0] + [UInt8](repeating: 0x20, count: 1280)))],
            [.sent(request(0x10, 0xFF)), .received(frame(0x90, []) + [0x31])],
        ] as [[Recording.Event]])
    func whatIsNoAnswerToItsRequestIsRefused(events: [Recording.Event]) {
        #expect(throws: ReaderRedaction.Refusal.self) { try ReaderRedaction.redacted(Recording(events: events)) }
    }

    @Test func numbersOfChipsBecomeZeroAndTheReadersOwnStays() throws {
        let sam = (0..<16).map { UInt8($0) }
        let recording = Recording(events: [
            .opened, .sent(Self.request(0x12, 0xFF)), .received(Self.frame(0x90, sam)), .sent(Self.request(0x20, 0x01)),
            .received(Self.frame(0x9F, [1, 2, 3, 4])), .sent(Self.request(0x20, 0x02)), .received(Self.frame(0x90, [1, 2, 3, 4, 5, 6, 7, 8])),
            .sent(Self.request(0x30, 0x05)), .received(Self.frame(0x90, [UInt8](repeating: 9, count: 28))), .failed(-2),
        ])
        let redacted = try ReaderRedaction.redacted(recording)
        #expect(redacted.events[2] == recording.events[2])
        #expect(redacted.events[4] == .received(Self.frame(0x9F, [0, 0, 0, 0])))
        #expect(redacted.events[6] == .received(Self.frame(0x90, [UInt8](repeating: 0, count: 8))))
        #expect(redacted.events[8] == .received(Self.frame(0x90, [UInt8](repeating: 0, count: 28))))
        #expect(redacted.events[9] == .failed(-2))
    }

    @Test func aRecordingThatWasNotBegunOrCannotBeginIsAFault() throws {
        let driver = IDCardReaderDriver(port: .serial(path: "/dev/ttyNONE", baud: nil), timing: ReaderBench.timing)
        #expect(#expect(throws: DeviceFault.self) { try driver.endRecording() }?.code == "link.not-recording")
        #expect(#expect(throws: DeviceFault.self) { try driver.beginRecording() }?.code == "reader.absent")
        #expect(#expect(throws: DeviceFault.self) { try driver.endRecording() }?.code == "link.not-recording")
    }

    @Test func aWipedRecordingHoldsNothing() {
        var recording = Recording(events: [.opened, .sent([1, 2]), .received([3, 4]), .failed(-1)])
        recording.wipe()
        #expect(recording == Recording())
    }
}

extension SyntheticCard {
    /// UTF-16LE, as the record has it.
    fileprivate func encoded(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
}

extension [UInt8] {
    fileprivate func contains(sequence: [UInt8]) -> Bool {
        guard count >= sequence.count else { return false }
        return (0...count - sequence.count).contains { self[$0..<$0 + sequence.count].elementsEqual(sequence) }
    }
}
