import Bench
import DeviceLink
import Foundation
@testable import Imaging
import KioskModel
import Testing

/// Pages of several kinds, really drawn and really spoilt, a step on either side of every limit.
@Suite("Page quality")
struct QualityTests {
    let driver: ImagingDriver

    init() throws { driver = try ImagingDriver(options: [:]) }

    static let written: [SyntheticSheet.Kind] = [.dense, .form, .idCard, .photo, .letter]

    func assess(_ kind: SyntheticSheet.Kind, resolution: Int = 200, _ spoil: (inout SyntheticSheet) -> Void = { _ in }) throws -> PageQuality {
        var sheet = SyntheticSheet(kind)
        spoil(&sheet)
        let pixels = try sheet.pixels(resolution: resolution)
        let page = PageImage(
            index: 0, format: .rgb24, width: pixels.width, height: pixels.height, bytesPerRow: pixels.width * 3, resolution: resolution)
        let reply = try driver.perform(.assessPage(page), files: [try .copying(pixels.bytes)], context: .unhurried())
        guard case .quality(let quality) = reply.result else { throw CancellationError() }
        #expect(reply.files.isEmpty)
        return quality
    }

    @Test("A good page stays good at every usual resolution", arguments: written, [100, 200, 300])
    func good(kind: SyntheticSheet.Kind, resolution: Int) throws {
        let quality = try assess(kind, resolution: resolution)
        #expect(quality.flaws == [])
        #expect(quality.sharpness > 0.85)
        #expect(quality.coverage > 0)
    }

    @Test("What nobody would complain of is no flaw", arguments: written)
    func tolerated(kind: SyntheticSheet.Kind) throws {
        #expect(try assess(kind) { $0.rotation = 1.5 }.flaws == [])
        #expect(try assess(kind) { $0.rotation = -1.5 }.flaws == [])
        #expect(try assess(kind) { $0.blur = 0.12 }.flaws == [])
        #expect(try assess(kind) { $0.light = 0.7 }.flaws == [])
        #expect(try assess(kind) { $0.glare = 0.25 }.flaws == [])
        #expect(try assess(kind) { $0.paper = 0.72 }.flaws == [], "recycled paper")
    }

    @Test("A blurred page is blurred", arguments: written)
    func blurred(kind: SyntheticSheet.Kind) throws {
        let quality = try assess(kind) { $0.blur = 0.4 }
        #expect(quality.flaws == [.blurred])
        #expect(quality.sharpness < 0.65)
    }

    @Test("A crooked page is skewed by as much as it was turned", arguments: [SyntheticSheet.Kind.dense, .form], [-9.0, -5, 5, 9])
    func skewed(kind: SyntheticSheet.Kind, angle: Double) throws {
        let quality = try assess(kind) { $0.rotation = angle }
        #expect(quality.flaws.contains(.skewed))
        #expect(abs(quality.skew - angle) < 0.3)
    }

    @Test("A page without light is dark, whatever stands on it", arguments: written)
    func dark(kind: SyntheticSheet.Kind) throws {
        #expect(try assess(kind) { $0.light = 0.4 }.flaws == [.tooDark])
    }

    @Test("A black picture is dark, not empty")
    func black() throws {
        #expect(try assess(.blank) { $0.light = 0.02 }.flaws == [.tooDark])
    }

    @Test("Print that has almost gone is too bright", arguments: [SyntheticSheet.Kind.dense, .form, .letter])
    func bright(kind: SyntheticSheet.Kind) throws {
        #expect(try assess(kind) { $0.glare = 0.75 }.flaws == [.tooBright])
    }

    @Test("An empty page is empty, though the other side shines through, and a line of text is not")
    func empty() throws {
        let quality = try assess(.blank)
        #expect(quality.flaws == [.empty])
        #expect(quality.coverage < 0.00005)
        #expect(try assess(.letter).coverage > 0.0005)
    }

    @Test("What runs over an edge is cut off; what only comes near is whole", arguments: [SyntheticSheet.Kind.dense, .form])
    func cut(kind: SyntheticSheet.Kind) throws {
        #expect(try assess(kind) { $0.shift = 30 }.flaws == [.cutOff])
        #expect(try assess(kind) { $0.shift = -40 }.flaws == [.cutOff])
        #expect(try assess(kind) { $0.shift = 12 }.flaws == [])
    }

    @Test("A picture whose end was lost on its way is cut off")
    func lost() throws {
        #expect(try assess(.dense) { $0.lost = 0.3 }.flaws.first == .cutOff)
        #expect(try assess(.letter) { $0.lost = 0.3 }.flaws.first == .cutOff)
    }

    @Test("A4 in colour at 300 dpi is judged within two seconds")
    func pace() throws {
        let pixels = try SyntheticSheet(.dense).pixels(resolution: 300)
        let page = PageImage(
            index: 0, format: .rgb24, width: pixels.width, height: pixels.height, bytesPerRow: pixels.width * 3, resolution: 300)
        let file = try MemoryFile.copying(pixels.bytes)
        // The processor's time: two loaded cores make the clock's worth nothing.
        let before = Self.processorTime()
        _ = try driver.perform(.assessPage(page), files: [file], context: .unhurried())
        #expect(Self.processorTime() - before < 2)
    }

    /// seconds of this thread
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("Tiny, gray and padded pages are judged too, and a lie is refused")
    func odd() throws {
        for page in [SyntheticPage(format: .gray8, padding: 7), SyntheticPage(width: 1, height: 1), SyntheticPage(width: 5000, height: 3)] {
            let reply = try driver.perform(.assessPage(page.image), files: [try page.file()], context: .unhurried())
            guard case .quality(let quality) = reply.result else { Issue.record("no quality"); return }
            #expect([quality.sharpness, quality.brightness, quality.coverage].allSatisfy((0...1).contains) && abs(quality.skew) <= 90)
        }
        var page = SyntheticPage()
        let file = try page.file()
        page.image.height += 1
        #expect(throws: CitizenRemedy.scanAgain) {
            try driver.perform(.assessPage(page.image), files: [file], context: .unhurried())
        }
    }

    @Test("Between its steps an assessment sees that nobody wants it any more, or that its time is over")
    func stopped() throws {
        let page = SyntheticPage()
        let file = try page.file()
        let cancelled = CommandContext(deadline: .now + .seconds(60)) { _, _ in }
        cancelled.cancel()
        #expect(throws: CancellationError.self) { try driver.assess(page.image, files: [file], context: cancelled) }
        let late = CommandContext(deadline: .now - .seconds(1)) { _, _ in }
        let fault = #expect(throws: DeviceFault.self) { try driver.assess(page.image, files: [file], context: late) }
        #expect(fault?.code == "link.deadline")
    }
}
