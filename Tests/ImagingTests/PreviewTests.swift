import DeviceLink
import Foundation
import Imaging
import KioskModel
import Testing

@Suite("Previews")
struct PreviewTests {
    let driver: ImagingDriver

    init() throws { driver = try ImagingDriver(options: [:]) }

    func preview(_ page: SyntheticPage, maxWidth: Int) throws -> Raster {
        let reply = try driver.perform(.renderPreview(page: page.image, maxWidth: maxWidth), files: [try page.file()], context: .unhurried())
        let file = try #require(reply.files.first)
        #expect(reply.result == .document(DocumentInfo(mediaType: "image/jpeg", byteCount: file.byteCount, pageCount: 1)))
        return try Raster(try run("djpeg", ["-pnm"], input: try file.data))
    }

    @Test("A preview is as wide as asked, in proportion, and shows the page", arguments: [PageImage.PixelFormat.rgb24, .gray8])
    func shrinks(format: PageImage.PixelFormat) throws {
        let page = SyntheticPage(format: format, width: 800, height: 1200, padding: 7)
        let small = try preview(page, maxWidth: 200)
        #expect(small.width == 200 && small.height == 300)
        let channels = format == .gray8 ? 1 : 3
        // Inside the gradients, away from the bars: a corner of the page comes out in its own colour.
        for (x, y) in [(10, 10), (190, 10), (10, 290), (190, 290)] {
            for channel in 0..<channels {
                let original = Int(page.pixels[y * 4 * page.image.bytesPerRow + x * 4 * channels + channel])
                #expect(abs(Int(small.pixels[(y * 200 + x) * channels + channel]) - original) < 16)
            }
        }
    }

    @Test("A narrow page is never enlarged")
    func keepsSmall() throws {
        let page = SyntheticPage(width: 120, height: 90)
        let same = try preview(page, maxWidth: 400)
        #expect(same.width == 120 && same.height == 90)
    }

    @Test("The thinnest pages still have a preview")
    func thin() throws {
        let wide = try preview(SyntheticPage(width: 9000, height: 1), maxWidth: 100)
        #expect(wide.width == 100 && wide.height == 1)
        let tall = try preview(SyntheticPage(width: 1, height: 9000), maxWidth: 100)
        #expect(tall.width == 1 && tall.height == 9000)
    }

    @Test("Hostile widths and pages are refused", arguments: [0, -1, 20_001, Int.max])
    func hostile(maxWidth: Int) throws {
        let page = SyntheticPage()
        let bad = #expect(throws: DeviceFault.self) {
            try driver.perform(.renderPreview(page: page.image, maxWidth: maxWidth), files: [try page.file()], context: .unhurried())
        }
        #expect(bad?.code == "imaging.bad-request")
        #expect(throws: CitizenRemedy.scanAgain) {
            try driver.perform(
                .renderPreview(page: page.image, maxWidth: 100), files: [try .copying(page.pixels.dropLast())], context: .unhurried())
        }
    }
}
