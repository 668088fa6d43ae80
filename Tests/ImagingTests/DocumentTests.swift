import DeviceLink
import Foundation
import Imaging
import KioskModel
import Synchronization
import Testing

@Suite("Pages to PDF")
struct DocumentTests {
    let driver: ImagingDriver

    init() throws { driver = try ImagingDriver(options: [:]) }

    func assemble(_ pages: [SyntheticPage], title: String = "CK-000001", maxBytes: Int = 8 << 20) throws -> Data {
        let request = DocumentRequest(title: title, pages: pages.map(\.image), maxBytes: maxBytes)
        let reply = try driver.perform(.assemblePDF(request), files: try pages.map { try $0.file() }, context: .unhurried())
        let file = try #require(reply.files.first)
        #expect(reply.result == .document(DocumentInfo(mediaType: "application/pdf", byteCount: file.byteCount, pageCount: pages.count)))
        #expect(reply.files.count == 1)
        return try file.data
    }

    func fault(_ request: DocumentRequest, _ files: [MemoryFile]) -> String? {
        #expect(throws: DeviceFault.self) { try driver.perform(.assemblePDF(request), files: files, context: .unhurried()) }?.code
    }

    @Test("Every page has its physical size, one JPEG, and the title stands in the metadata")
    func sizes() throws {
        let a4 = SyntheticPage(index: 0, width: 413, height: 585, resolution: 50)
        let card = SyntheticPage(index: 1, format: .gray8, width: 337, height: 213, resolution: 100, padding: 3)
        let pdf = try assemble([a4, card], title: "办件 CK-000001")
        let info = try text("pdfinfo", ["-f", "1", "-l", "2", "-"], input: pdf)
        #expect(info.contains("Pages:           2"))
        #expect(info.contains("办件 CK-000001"))
        #expect(info.contains("Page    1 size:  594.72 x 842.4 pts (A4)"))
        #expect(info.contains("Page    2 size:  242.64 x 153.36 pts"))
        #expect(!info.contains("CreationDate"))
        let images = try text("pdfimages", ["-list", "-"], input: pdf).split(separator: "\n").dropFirst(2).map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(images.map { $0[0] } == ["1", "2"], "one image on each page")
        #expect(images.map { [$0[3], $0[4], $0[5], $0[8]] } == [["413", "585", "rgb", "jpeg"], ["337", "213", "gray", "jpeg"]])
    }

    @Test("What poppler renders is what was scanned", arguments: [PageImage.PixelFormat.rgb24, .gray8])
    func pixels(format: PageImage.PixelFormat) throws {
        let pages = (0..<3).map { SyntheticPage(index: $0, format: format, padding: 5) }
        let pdf = try assemble(pages)
        for (number, page) in pages.enumerated() {
            let only = ["-f", "\(number + 1)", "-l", "\(number + 1)", "-r", "50"] + (format == .gray8 ? ["-gray"] : [])
            let raster = try Raster(try run("pdftoppm", only + ["-"], input: pdf))
            try #require(raster.width == page.image.width && raster.height == page.image.height)
            let difference = page.difference(to: raster.pixels)
            #expect(difference < 2)
            let other = pages[(number + 1) % 3].difference(to: raster.pixels)
            #expect(other > 10, "the tolerance tells pages apart")
        }
    }

    @Test("The same pages give the same bytes")
    func deterministic() throws {
        let pages = (0..<2).map { SyntheticPage(index: $0) }
        #expect(try assemble(pages) == assemble(pages))
    }

    @Test("Progress rises to 1, one step a page")
    func progress() throws {
        let seen = Mutex<[DeviceProgress]>([])
        let pages = (0..<4).map { SyntheticPage(index: $0) }
        let context = CommandContext.unhurried { progress in seen.withLock { $0.append(progress) } }
        _ = try driver.perform(
            .assemblePDF(DocumentRequest(title: "t", pages: pages.map(\.image))), files: try pages.map { try $0.file() }, context: context)
        #expect(seen.withLock { $0 } == [.fraction(0.25), .fraction(0.5), .fraction(0.75), .fraction(1)])
    }

    @Test("A cancelled document stops after the page at hand")
    func cancel() throws {
        final class Counter: Sendable { let pages = Mutex(0), context = Mutex<CommandContext?>(nil) }
        let counter = Counter()
        let pages = (0..<3).map { SyntheticPage(index: $0) }
        let context = CommandContext.unhurried { _ in
            counter.pages.withLock { $0 += 1 }
            counter.context.withLock { $0?.cancel() }
        }
        counter.context.withLock { $0 = context }
        #expect(throws: CancellationError.self) {
            try driver.perform(
                .assemblePDF(DocumentRequest(title: "t", pages: pages.map(\.image))), files: try pages.map { try $0.file() }, context: context)
        }
        counter.context.withLock { $0 = nil }
        #expect(counter.pages.withLock { $0 } == 1)
    }

    @Test("A document beyond its limit is a fault, and one of exactly that size is not")
    func tooLarge() throws {
        let page = SyntheticPage()
        let bytes = try assemble([page]).count
        #expect(try assemble([page], maxBytes: bytes).count == bytes)
        for limit in [bytes - 1, bytes / 2, 100, 1, 0, -1, Int.max] {
            let request = DocumentRequest(title: "CK-000001", pages: [page.image], maxBytes: limit)
            #expect(fault(request, [try page.file()]) == "imaging.document-too-large")
        }
    }

    @Test("The fault names the limit")
    func limitIsNamed() throws {
        let page = SyntheticPage()
        let request = DocumentRequest(title: "t", pages: [page.image], maxBytes: 4321)
        let fault = #expect(throws: DeviceFault.self) {
            try driver.perform(.assemblePDF(request), files: [try page.file()], context: .unhurried())
        }
        #expect(fault?.detail.contains("4321") == true)
    }

    enum Field: CaseIterable {
        case width, height, bytesPerRow, resolution

        /// For a file of 413 × 585 pixels of three bytes each.
        var lies: [Int] {
            switch self {
            case .width: [0, -1, 414, 20_001, .max, .min]
            case .height: [0, -1, 586, 20_001, .max, .min]
            case .bytesPerRow: [0, -1, 413 * 3 - 1, 413 * 3 + 1, .max, .min]
            case .resolution: [0, -1, 35, 2401, .max, .min]
            }
        }

        func set(_ value: Int, in image: inout PageImage) {
            switch self {
            case .width: image.width = value
            case .height: image.height = value
            case .bytesPerRow: image.bytesPerRow = value
            case .resolution: image.resolution = value
            }
        }
    }

    @Test("A page that lies about itself is refused", arguments: Field.allCases)
    func hostile(field: Field) throws {
        let page = SyntheticPage()
        for lie in field.lies {
            var image = page.image
            field.set(lie, in: &image)
            let file = try page.file()
            #expect(throws: CitizenRemedy.scanAgain, "\(field) = \(lie)") {
                try driver.perform(.assemblePDF(DocumentRequest(title: "t", pages: [image])), files: [file], context: .unhurried())
            }
        }
    }

    @Test("A page of more pixels than any scanner makes is refused though its bytes are there")
    func tooManyPixels() throws {
        // Sparse: 324 MB in name, no page of memory touched.
        let file = try MemoryFile.make(capacity: 18_000 * 18_000) { $0.count }
        let image = PageImage(index: 0, format: .gray8, width: 18_000, height: 18_000, bytesPerRow: 18_000, resolution: 600)
        #expect(throws: CitizenRemedy.scanAgain) {
            try driver.perform(.assemblePDF(DocumentRequest(title: "t", pages: [image])), files: [file], context: .unhurried())
        }
    }

    @Test("A bad page anywhere stops the batch before the first is compressed")
    func badPageLast() throws {
        let page = SyntheticPage()
        let seen = Mutex(0)
        let request = DocumentRequest(title: "t", pages: [page.image, page.image])
        let files = [try page.file(), try MemoryFile.copying(page.pixels.dropLast())]
        #expect(throws: CitizenRemedy.scanAgain) {
            try driver.perform(.assemblePDF(request), files: files, context: .unhurried { _ in seen.withLock { $0 += 1 } })
        }
        #expect(seen.withLock { $0 } == 0)
    }

    @Test("Files and pages must be as many")
    func counts() throws {
        let page = SyntheticPage()
        #expect(fault(DocumentRequest(title: "t", pages: []), []) == "imaging.bad-request")
        #expect(fault(DocumentRequest(title: "t", pages: [page.image, page.image]), [try page.file()]) == "imaging.bad-request")
        #expect(fault(DocumentRequest(title: "t", pages: [page.image]), []) == "imaging.bad-request")
    }

    @Test("Somebody else's command and an unknown option are configuration faults")
    func misuse() throws {
        #expect(throws: DeviceFault.self) { try driver.perform(.awaitCardRemoval, files: [], context: .unhurried()) }
        #expect(throws: DeviceFault.self) { try ImagingDriver(options: ["quality": "1"]) }
        #expect(driver.poll() == DeviceStatus(state: .ready))
    }
}
