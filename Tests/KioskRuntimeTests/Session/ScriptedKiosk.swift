import DeviceLink
import Foundation
import KioskFlow
import KioskModel
import LocalAPI
import Logging
import PlatformAPI
import Synchronization
import Testing

@testable import KioskRuntime

/// Stands at the runtime's own boundary: answers each command as the test says, when the test says.
final class ScriptedDevices: DeviceRunner {
    struct Call: Sendable {
        let command: DeviceCommand
        let name: String
        let progress: @Sendable (DeviceProgress, [MemoryFile]) -> Void
        let answer: @Sendable (DeviceOutcome) -> Void
    }

    let calls: AsyncStream<Call>
    private let newCall: AsyncStream<Call>.Continuation

    init() {
        (calls, newCall) = AsyncStream.makeStream()
    }

    func perform(
        _ command: DeviceCommand, on name: String, files: [MemoryFile], deadline: Duration,
        progress: @escaping @Sendable (DeviceProgress, [MemoryFile]) -> Void
    ) async -> DeviceOutcome {
        let (answers, answered) = AsyncStream.makeStream(of: DeviceOutcome.self)
        newCall.yield(Call(command: command, name: name, progress: progress) { answered.yield($0) })
        for await outcome in answers { return outcome }
        return DeviceOutcome(completion: .cancelled)
    }
}

/// Devices that don't hear a cancellation: a call ends when the test says so.
final class StubbornDevices: DeviceRunner {
    let calls: AsyncStream<CheckedContinuation<DeviceOutcome, Never>>
    private let newCall: AsyncStream<CheckedContinuation<DeviceOutcome, Never>>.Continuation

    init() {
        (calls, newCall) = AsyncStream.makeStream()
    }

    func perform(
        _ command: DeviceCommand, on name: String, files: [MemoryFile], deadline: Duration,
        progress: @escaping @Sendable (DeviceProgress, [MemoryFile]) -> Void
    ) async -> DeviceOutcome {
        await withCheckedContinuation { newCall.yield($0) }
    }
}

final class KeptPackets: SubmissionStore {
    let packets = Mutex<[(draft: PacketDraft, sealed: Data)]>([])

    func commit(
        _ drafts: [PacketDraft], at date: Date, closing: @escaping @Sendable (_ digest: Data) throws -> Data,
        seal: @escaping @Sendable (PacketDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) async throws -> [KeptPacket] {
        var kept: [KeptPacket] = []
        for (index, draft) in drafts.enumerated() {
            var sealed = Data()
            var digest = Digest()
            try seal(draft, UInt64(index + 1)) { sealed += $0 }
            digest.update(sealed)
            sealed += try closing(digest.bytes)
            packets.withLock { $0.append((draft, sealed)) }
            kept.append(KeptPacket(id: draft.id, digest: Digest.sha256(sealed)))
        }
        return kept
    }
}

/// Refuses everything, as an outbox without room does.
struct FullStore: SubmissionStore {
    struct Full: Error {}

    func commit(
        _ drafts: [PacketDraft], at date: Date, closing: @escaping @Sendable (_ digest: Data) throws -> Data,
        seal: @escaping @Sendable (PacketDraft, _ sequence: UInt64, _ sink: (Data) throws -> Void) throws -> Void
    ) async throws -> [KeptPacket] {
        throw Full()
    }
}

let testCard = IdentityCard(
    kind: .resident, name: "测试员", number: .citizen(IDNumber.completing("99999919500101001")!), sex: .male,
    birth: CivilDate(year: 1950, month: 1, day: 1)!, address: "虚拟市样例路1号",
    validity: .init(from: CivilDate(year: 2020, month: 1, day: 1)!, until: nil))

let testItem = ServiceItem(
    code: "11420100MB00000011100000000000001", name: LocalizedText(["zh-Hans": "居住证办理", "en": "Residence permit"]),
    department: LocalizedText(["zh-Hans": "公安局"]), authentication: .card,
    materials: [MaterialRequirement(id: "proof", name: LocalizedText(["zh-Hans": "居住证明"]), maxPages: 3)])

let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

extension SessionEngine {
    /// As quick as a page can be: looks at the picture that the touch brings, before anything else has a turn.
    func lookAtOnce(_ touch: Touch) throws -> CameraView? {
        try self.touch(TouchEvent(session: current.session, revision: current.revision, touch: touch))
        for case .camera(let name, _) in current.screen.body { return camera.view(name) }
        return nil
    }
}

/// A session engine with scripted devices and a store that keeps sealed packets in memory.
struct ScriptedKiosk {
    let devices = ScriptedDevices()
    let store = KeptPackets()
    let key = SealingPrivateKey()
    let signer: KioskPrivateKey
    let engine: SessionEngine

    /// `runner` instead of the scripted devices; `other` instead of the store that keeps packets; `signing` instead of the kiosk's key as it is.
    init(
        runner: (any DeviceRunner)? = nil, store other: (any SubmissionStore)? = nil, signing: (KioskPrivateKey) -> any KioskSigner = { $0 }
    ) throws {
        let devices: any DeviceRunner = runner ?? devices
        let store: any SubmissionStore = other ?? store
        let signer = try KioskPrivateKey()
        self.signer = signer
        let pipeline = SubmissionPipeline(
            kiosk: "kiosk-1", worker: "imaging",
            sealer: SubmissionSealer(key: { [key] in key.publicKey }, signer: signing(signer), store: store), devices: devices)
        engine = SessionEngine(
            kiosk: "kiosk-1", roles: [.idCardReader: "reader", .scanner: "scanner", .printer: "printer", .imaging: "imaging", .camera: "camera"],
            devices: devices,
            pipeline: pipeline, strings: try StringTable(directory: repository.appendingPathComponent("Kiosk/strings")),
            surroundings: Surroundings(ready: Set(DeviceClass.allCases), platformReachable: true, items: [testItem]),
            logger: Logger(label: "test"), onCommit: {})
    }

    func touch(_ kind: Touch.Kind, _ value: String? = nil) async throws {
        let now = await engine.current
        try await engine.touch(TouchEvent(session: now.session, revision: now.revision, touch: Touch(kind, value)))
    }

    /// From the card that was just read to the scan that was just asked for.
    func toScan(_ calls: inout AsyncStream<ScriptedDevices.Call>.Iterator) async throws -> ScriptedDevices.Call {
        _ = await screen("identity")
        try await touch(.confirm)
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.done)))
        _ = await screen("items")
        try await touch(.chooseItem, testItem.code)
        try await touch(.chooseMaterial, "proof")
        try await touch(.scan)
        return try #require(await calls.next())
    }

    /// From the first screen to the scan that was just asked for.
    func fromStartToScan(_ calls: inout AsyncStream<ScriptedDevices.Call>.Iterator) async throws -> ScriptedDevices.Call {
        try await touch(.start)
        try await touch(.chooseJourney, "upload")
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.card(testCard))))
        return try await toScan(&calls)
    }

    /// From the first screen to the live picture that was just asked for.
    func toCamera(_ calls: inout AsyncStream<ScriptedDevices.Call>.Iterator) async throws -> ScriptedDevices.Call {
        try await touch(.start)
        try await touch(.chooseJourney, "upload")
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.card(testCard))))
        _ = await screen("identity")
        try await touch(.confirm)
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.done)))
        _ = await screen("items")
        try await touch(.chooseItem, testItem.code)
        try await touch(.chooseMaterial, "proof")
        try await touch(.chooseSource, "camera")
        return try #require(await calls.next())
    }

    /// From the first screen to the receipt that is to be drawn, with one page.
    func fromStartToReceipt(_ calls: inout AsyncStream<ScriptedDevices.Call>.Iterator) async throws -> ReceiptContent {
        let scan = try await fromStartToScan(&calls)
        scan.progress(.page(SessionEngineTests.image), [try MemoryFile.copying([1, 2, 3, 4])])
        scan.answer(DeviceOutcome(completion: .success(.scanned(pages: 1))))
        let quality = PageQuality(flaws: [.blurred], sharpness: 0.1, skew: 0, brightness: 0.9, coverage: 0.2)
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.quality(quality))))
        // The advice is there: the screen doesn't change under the next touch.
        for await update in await engine.updates() {
            if case .pages(let rows)? = update.screen.body.last, rows.count == 1, rows.allSatisfy({ !$0.advice.isEmpty }) { break }
        }
        try await touch(.finishMaterial)
        try await touch(.submit)
        try await touch(.confirm)
        let pdf = Data("%PDF-1.7 one page".utf8)
        let document = DocumentInfo(mediaType: "application/pdf", byteCount: pdf.count, pageCount: 1)
        try #require(await calls.next()).answer(DeviceOutcome(completion: .success(.document(document)), files: [try MemoryFile.copying(pdf)]))
        let draw = try #require(await calls.next())
        guard case .renderReceipt(let content) = draw.command else { throw CancellationError() }
        return content
    }

    /// Waits until that screen is shown.
    func screen(_ name: String) async -> ScreenUpdate {
        for await update in await engine.updates() where update.screen.name == name { return update }
        return await engine.current
    }
}
