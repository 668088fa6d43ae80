import Bench
import DeviceLink
import Dispatch
import Foundation
import KioskModel
import Testing

@testable import PhotoDecoder

/// The driver with a decoder of ours for synthetic photos, well behaved and badly.
///
/// One at a time: the decoders of one test are counted.
@Suite(.serialized) struct PhotoDecoderTests {
    /// Beside the test bundle, as SwiftPM puts every product.
    static let decoder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "test-photo-decoder")
        .path

    private func photo(_ behaviour: Character = "d") throws -> (bytes: [UInt8], file: MemoryFile) {
        let bytes: [UInt8] = [0x57, 0x4C, 102, 0, 126, 0, 50, 0, behaviour.asciiValue ?? 0] + (9..<1024).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        return (bytes, try MemoryFile.copying(bytes))
    }

    private func driver(_ path: String = decoder) throws -> PhotoDecoderDriver { try PhotoDecoderDriver(options: ["decoder": path]) }

    private func decode(
        _ driver: PhotoDecoderDriver, _ file: MemoryFile, _ context: CommandContext = CommandContext(deadline: .now + .seconds(60)) { _, _ in }
    ) throws -> DeviceReply {
        try driver.perform(.decodePhoto, files: [file], context: context)
    }

    @Test(arguments: ["d", "p", "b"] as [Character]) func aPhotoBecomesAPage(behaviour: Character) throws {
        let (bytes, file) = try photo(behaviour)
        let driver = try driver()
        #expect(driver.poll() == DeviceStatus(state: .ready, identity: ["decoder": Self.decoder]))
        let reply = try decode(driver, file)
        let image = PageImage(index: 0, format: .rgb24, width: 102, height: 126, bytesPerRow: 306, resolution: 100)
        #expect(reply.result == .page(image))
        let page = try #require(reply.files.first)
        #expect(page.byteCount == image.byteCount)
        let pixels = try page.withBytes { Array($0) }
        #expect(pixels == (0..<image.byteCount).map { bytes[8 + $0 % 1016] })
    }

    @Test(
        arguments: [
            ("c", "decoder.crashed"), ("f", "decoder.failed"), ("s", "decoder.bad-picture"), ("l", "decoder.bad-picture"),
            ("m", "decoder.bad-picture"), ("e", "decoder.bad-picture"), ("n", "decoder.bad-picture"),
        ] as [(Character, String)])
    func aDecoderThatFailsOrLiesCostsThatPhotoAlone(behaviour: Character, code: String) throws {
        let driver = try driver()
        let thrown = #expect(throws: DeviceFault.self) { try decode(driver, photo(behaviour).file) }
        #expect(thrown?.code == code)
        #expect(driver.poll().state == .ready)
        _ = try decode(driver, photo().file)
    }

    /// It had the whole picture half written, and started a process of its own: neither outlives the deadline.
    @Test func aDecoderThatHangsIsKilledAtTheDeadlineWithAllThatItStarted() async throws {
        let begin = ContinuousClock.now
        let context = CommandContext(deadline: .now + .milliseconds(500)) { _, _ in }
        let thrown = #expect(throws: DeviceFault.self) { try decode(driver(), photo("h").file, context) }
        #expect(thrown?.code == "decoder.no-answer")
        #expect(ContinuousClock.now - begin >= .milliseconds(500))
        try await Poll.until("no decoder is left", deadline: .seconds(10)) { Self.hanging() == 0 ? .there(()) : .notYet("\(Self.hanging())") }
    }

    @Test func aCancelledDecoderIsKilled() throws {
        let context = CommandContext(deadline: .now + .seconds(600)) { _, _ in }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) { context.cancel() }
        #expect(throws: CancellationError.self) { try decode(driver(), photo("h").file, context) }
    }

    /// Processes of this user that run the decoder in the hanging tests; those of other tests end by themselves.
    private static func hanging() -> Int {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.count { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/exe")) == decoder }
    }

    @Test func whatIsNoPhotoNeverReachesADecoder() throws {
        var (bytes, _) = try photo()
        #expect(#expect(throws: DeviceFault.self) { try decode(driver(), MemoryFile.copying(bytes.dropLast())) }?.code == "decoder.no-photo")
        #expect(#expect(throws: DeviceFault.self) { try decode(driver(), MemoryFile.copying([])) }?.code == "decoder.no-photo")
        for index in 0..<8 {
            bytes[index] ^= 1
            #expect(#expect(throws: DeviceFault.self) { try decode(driver(), MemoryFile.copying(bytes)) }?.code == "decoder.no-photo")
            bytes[index] ^= 1
        }
    }

    @Test func whatCannotBeRunIsSaid() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "decoder-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appending(path: "decoder").path
        let driver = try driver(program)
        let file = try photo().file
        #expect(driver.poll().state == .absent)
        #expect(#expect(throws: DeviceFault.self) { try decode(driver, file) }?.code == "decoder.absent")
        try Data("no program".utf8).write(to: URL(filePath: program))
        // Root may run nothing that has no x at all.
        #expect(driver.poll().fault?.code == "decoder.access")
        #expect(#expect(throws: DeviceFault.self) { try decode(driver, file) }?.code == "decoder.access")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        #expect(driver.poll().state == .ready)
        #expect(#expect(throws: DeviceFault.self) { try decode(driver, file) }?.code == "decoder.format")
    }

    @Test(arguments: [[:], ["decoder": ""], ["decoder": "decode"], ["decoder": "/bin/true", "photo": "x"]])
    func unusableOptionsAreRefusedWithWhatToWrite(options: [String: String]) {
        let thrown = #expect(throws: DeviceFault.self) { try PhotoDecoderDriver(options: options) }
        #expect(thrown?.code == "decoder.configuration")
        #expect(thrown?.detail.contains("decoder=") == true)
    }

    @Test func anotherDevicesCommandIsRefused() throws {
        let context = CommandContext(deadline: .now + .seconds(60)) { _, _ in }
        let thrown = #expect(throws: DeviceFault.self) { try driver().perform(.queryDoors, files: [], context: context) }
        #expect(thrown?.code == "decoder.unsupported-command")
    }
}
