import Bench
import DeviceLink
import Foundation
@testable import Imaging
import KioskModel
import Testing

/// A sheet under a document camera, from every side.
@Suite("Straightening")
struct StraightenTests {
    struct View: Sendable, CustomTestStringConvertible {
        var turn = 0.0
        var tilt = 0.0
        var above = 560.0

        var testDescription: String { "turned \(turn)°, tilted \(tilt)°, \(above) mm above" }
    }

    static let (width, height) = (1600, 1280)
    static let views = [
        View(), View(above: 480), View(turn: 7), View(turn: -15), View(turn: 30), View(tilt: 20), View(turn: 10, tilt: 30), View(turn: -8, tilt: 15),
    ]
    let driver: ImagingDriver

    init() throws { driver = try ImagingDriver(options: [:]) }

    func photo(_ view: View, moved: (x: Double, y: Double) = (0, 0), light: Double = 1) throws -> Data {
        var sheet = SyntheticSheet(.dense)
        sheet.light = light
        let corners = SyntheticSheet.corners(width: Self.width, height: Self.height, above: view.above, turn: view.turn, tilt: view.tilt)
        return try sheet.photo(width: Self.width, height: Self.height, corners: corners.map { ($0.x + moved.x, $0.y + moved.y) })
    }

    func straighten(_ jpeg: Data, _ request: StraightenRequest = StraightenRequest()) throws -> (page: PageImage, bytes: [UInt8]) {
        let reply = try driver.perform(.straightenPicture(request), files: [try .copying([UInt8](jpeg))], context: .unhurried())
        guard case .page(let page) = reply.result else { throw CancellationError() }
        let file = try #require(reply.files.first)
        #expect(file.byteCount == page.byteCount)
        return (page, [UInt8](try file.data))
    }

    @Test("The page is found, upright, of its own proportions, with its corners in the corners", arguments: views)
    func found(view: View) throws {
        let (page, bytes) = try straighten(try photo(view))
        #expect(page.format == .rgb24 && page.index == 0)
        #expect(abs(Double(page.height) / Double(page.width) - 297.0 / 210) < 0.02)
        #expect(abs(Double(page.height) / (297 / 25.4) - Double(page.resolution)) < 1)
        #expect((60...200).contains(page.resolution))
        // The marked squares, 12 mm wide: their middles are 10 mm from the edges.
        let near = Int(10 / 25.4 * Double(page.resolution))
        let (right, bottom) = (page.width - near, page.height - near)
        func tone(_ x: Int, _ y: Int) -> [Bool] { (0..<3).map { bytes[y * page.bytesPerRow + x * 3 + $0] > 95 } }
        #expect(tone(near, near) == [true, false, false], "red, upper left")
        #expect(tone(right, near) == [false, true, false], "green, upper right")
        #expect(tone(right, bottom) == [false, false, true], "blue, lower right")
        #expect(tone(near, bottom) == [false, false, false], "black, lower left")
        #expect(tone(page.width / 2, 2) == [true, true, true], "paper up to the edge")
    }

    @Test("A gray page has one byte a pixel; a long side of another length gives another resolution")
    func gray() throws {
        let jpeg = try photo(View())
        let page = try straighten(jpeg, StraightenRequest(mode: .gray)).page
        #expect(page.format == .gray8 && page.bytesPerRow == page.width)
        let small = try straighten(jpeg, StraightenRequest(longSide: 210)).page
        #expect(abs(Double(small.resolution) / Double(page.resolution) - 297.0 / 210) < 0.02)
    }

    @Test("A straightened page is a good page, and in dim light it is found too")
    func useful() throws {
        let (page, bytes) = try straighten(try photo(View(turn: 6, tilt: 10, above: 480), light: 0.75))
        let reply = try driver.perform(.assessPage(page), files: [try .copying(bytes)], context: .unhurried())
        guard case .quality(let quality) = reply.result else { Issue.record("no quality"); return }
        #expect(!quality.flaws.contains(.skewed) && !quality.flaws.contains(.tooDark) && !quality.flaws.contains(.empty))
        #expect(abs(quality.skew) < 1)
    }

    @Test("A page that isn't whole, too far away or not there is to be laid better")
    func notWhole() throws {
        for moved in [(x: 0.0, y: -260.0), (x: 700.0, y: 0.0), (x: -620.0, y: 300.0)] {
            #expect(throws: CitizenRemedy.layPageInView) { try straighten(try photo(View(), moved: moved)) }
        }
        #expect(throws: CitizenRemedy.layPageInView) { try straighten(try photo(View(above: 1900))) }
    }

    @Test("What isn't a whole JPEG is to be taken again")
    func broken() throws {
        let jpeg = try photo(View())
        for bytes in [jpeg.prefix(jpeg.count / 2), jpeg.prefix(20), Data([0]), Data("not a picture".utf8)] {
            #expect(throws: CitizenRemedy.scanAgain) { try straighten(Data(bytes)) }
        }
    }

    @Test("A side that no page has is a fault", arguments: [0, -1, 19, 1001, Int.max])
    func hostile(longSide: Int) throws {
        let jpeg = try photo(View())
        let bad = #expect(throws: DeviceFault.self) { try straighten(jpeg, StraightenRequest(longSide: longSide)) }
        #expect(bad?.code == "imaging.bad-request")
    }

    @Test("Between its steps straightening sees that nobody wants it any more, or that its time is over")
    func stopped() throws {
        let files = [try MemoryFile.copying([UInt8](try photo(View())))]
        let cancelled = CommandContext(deadline: .now + .seconds(60)) { _, _ in }
        cancelled.cancel()
        #expect(throws: CancellationError.self) { try driver.straighten(StraightenRequest(), files: files, context: cancelled) }
        let late = CommandContext(deadline: .now - .seconds(1)) { _, _ in }
        let fault = #expect(throws: DeviceFault.self) { try driver.straighten(StraightenRequest(), files: files, context: late) }
        #expect(fault?.code == "link.deadline")
    }
}
