import DeviceLink
import Foundation
import Imaging
import KioskModel
import Testing

@Suite("Receipts for a thermal head")
struct RasterTests {
    let driver: ImagingDriver

    init() throws { driver = try ImagingDriver(options: [:]) }

    func render(_ content: ReceiptContent, width: Int) throws -> (image: RasterImage, bytes: [UInt8]) {
        let reply = try driver.perform(.renderReceiptRaster(content, width: width), files: [], context: .unhurried())
        guard case .raster(let image) = reply.result else { throw CancellationError() }
        let file = try #require(reply.files.first)
        #expect(image.width == width && file.byteCount == image.byteCount)
        return (image, [UInt8](try file.data))
    }

    func isBlack(_ raster: (image: RasterImage, bytes: [UInt8]), _ x: Int, _ y: Int) -> Bool {
        raster.bytes[y * raster.image.width / 8 + x / 8] & (0x80 >> (x % 8)) != 0
    }

    @Test("Its code reads as the reference number, at both widths", arguments: [384, 576])
    func code(width: Int) throws {
        let raster = try render(ReceiptTests.content, width: width)
        // A PBM has the same bits: 1 is black, highest bit to the left.
        let picture = FileManager.default.temporaryDirectory.appending(path: "receipt-\(UUID().uuidString).pbm")
        try (Data("P4\n\(width) \(raster.image.height)\n".utf8) + Data(raster.bytes)).write(to: picture)
        defer { try? FileManager.default.removeItem(at: picture) }
        #expect(try text("zbarimg", ["--quiet", "--raw", "--nodbus", picture.path()], input: Data()) == "CK-20261121-000001\n")
    }

    /// The example of docs/custody-receipt.md, and one as long as a receipt's can be.
    static let custody: [(code: String, dots: Int)] = [
        (
            "CKR1:1KM+1H6L2M*S290PVK00077E88G000000100600 8D VD4W5N00 8D VD4W55W5846//6%96NW6XW6C%6A46SE6PDJOWG98M6*MB.MR.KK-SYYFC%97TI:HQ1O5OYDL/96U2.TE000000FPDUOQ+RTFGMY+2759NQKIPCSGM-6VEXGQQOEVED*6-F1VERQ1F1/I9V46D0D9NQFSCVV.ALM:D8I2EQ0IPUUIALBU$11+MV U2EJC",
            6
        ),
        ("CKR1:" + String(repeating: "Z $%*+-./:0123456789A", count: 20).prefix(356), 5),
    ]

    @Test("A custody receipt's code keeps dots that a phone reads, on the narrowest paper that is sold", arguments: custody)
    func custodyCode(code: String, dots: Int) throws {
        let raster = try render(ReceiptContent(title: "", lines: [], footer: "", code: code), width: 384)
        let picture = FileManager.default.temporaryDirectory.appending(path: "receipt-\(UUID().uuidString).pbm")
        try (Data("P4\n384 \(raster.image.height)\n".utf8) + Data(raster.bytes)).write(to: picture)
        defer { try? FileManager.default.removeItem(at: picture) }
        #expect(try text("zbarimg", ["--quiet", "--raw", "--nodbus", picture.path()], input: Data()) == code + "\n")
        // Its first row is the upper side of a finder pattern, which has seven modules.
        let sides = (0..<raster.image.height).compactMap { y -> Int? in
            let row = (0..<384).map { isBlack(raster, $0, y) }
            guard let left = row.firstIndex(of: true), left > 0 else { return nil }
            return row[left...].prefix { $0 }.count
        }
        #expect(sides.first == 7 * dots)
    }

    @Test("Everything stands within the width, with paper to spare above and below", arguments: [384, 576])
    func bounds(width: Int) throws {
        var long = ReceiptTests.content
        long.lines.append(.init(label: "地址", value: String(repeating: "很长的地址", count: 12)))
        long.lines.append(.init(label: "Number", value: String(repeating: "1234567890", count: 9)))
        let (plain, raster) = (try render(ReceiptTests.content, width: width), try render(long, width: width))
        #expect(raster.image.height > plain.image.height + 100, "it wraps")
        let black = raster.bytes.reduce(0) { $0 + $1.nonzeroBitCount }
        #expect(black > raster.bytes.count * 8 / 50 && black < raster.bytes.count * 8 / 2)
        #expect((0..<width).allSatisfy { !isBlack(raster, $0, 0) && !isBlack(raster, $0, raster.image.height - 1) })
        // The rule reaches from side to side; it is the widest thing on it.
        #expect((0..<raster.image.height).contains { y in (0..<width).allSatisfy { isBlack(raster, $0, y) } })
    }

    @Test("Every module of the code is the same whole number of dots")
    func modules() throws {
        let raster = try render(ReceiptContent(title: "", lines: [], footer: "", code: "CK-20261121-000001"), width: 384)
        // Runs of black and white along the middle of the code are multiples of the module.
        var runs: [Int] = []
        for y in stride(from: raster.image.height / 3, to: raster.image.height * 2 / 3, by: 5) {
            let row = (0..<384).map { isBlack(raster, $0, y) }
            guard let first = row.firstIndex(of: true), let last = row.lastIndex(of: true) else { continue }
            var length = 1
            for x in first..<last {
                if row[x] == row[x + 1] { length += 1 } else { runs.append(length); length = 1 }
            }
            runs.append(length)
        }
        let module = try #require(runs.min())
        #expect(module >= 3)
        #expect(runs.allSatisfy { $0 % module == 0 }, "\(Set(runs).sorted())")
    }

    @Test("The same receipt gives the same dots")
    func deterministic() throws {
        #expect(try render(ReceiptTests.content, width: 384).bytes == render(ReceiptTests.content, width: 384).bytes)
    }

    @Test("A width that no head has is a fault", arguments: [0, -8, 100, 383, 2048, Int.max])
    func widths(width: Int) throws {
        let bad = #expect(throws: DeviceFault.self) { try render(ReceiptTests.content, width: width) }
        #expect(bad?.code == "imaging.bad-width")
    }

    @Test("What is longer than two metres, or a code too wide for the head, is a fault")
    func tooLong() throws {
        var long = ReceiptTests.content
        long.footer = String(repeating: "很长的说明。", count: 4000)
        let tall = #expect(throws: DeviceFault.self) { try render(long, width: 384) }
        #expect(tall?.code == "imaging.receipt-too-long")
        long = ReceiptTests.content
        long.code = String(repeating: "x", count: 1200)
        let wide = #expect(throws: DeviceFault.self) { try render(long, width: 384) }
        #expect(wide?.code == "imaging.receipt-too-long")
    }
}
