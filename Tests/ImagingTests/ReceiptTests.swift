import DeviceLink
import Foundation
import Imaging
import KioskModel
import Testing

@Suite("Receipts")
struct ReceiptTests {
    let driver: ImagingDriver
    static let content = ReceiptContent(
        title: "材料接收回执",
        lines: [
            .init(label: "回执编号 Reference", value: "CK-20261121-000001"), .init(label: "事项 Service", value: "不动产登记资料查询"),
            .init(label: "材料 Material", value: "2 份，共 5 页"), .init(label: "接收时间 Received", value: "2026-11-21 22:15"),
        ],
        footer: "材料已安全保存，联网后自动提交。凭本编号可查询进度。\nYour documents are stored safely.", code: "CK-20261121-000001")

    init() throws { driver = try ImagingDriver(options: [:]) }

    func render(_ content: ReceiptContent) throws -> Data {
        let reply = try driver.perform(.renderReceipt(content), files: [], context: .unhurried())
        let file = try #require(reply.files.first)
        #expect(reply.result == .document(DocumentInfo(mediaType: "application/pdf", byteCount: file.byteCount, pageCount: 1)))
        return try file.data
    }

    func fault(_ content: ReceiptContent) -> String? {
        #expect(throws: DeviceFault.self) { try driver.perform(.renderReceipt(content), files: [], context: .unhurried()) }?.code
    }

    @Test("A receipt is one A4 sheet whose Chinese can be read back")
    func readable() throws {
        let pdf = try render(Self.content)
        let info = try text("pdfinfo", ["-"], input: pdf)
        #expect(info.contains("Pages:           1"))
        #expect(info.contains("(A4)"))
        #expect(info.contains("材料接收回执"))
        let words = try text("pdftotext", ["-layout", "-", "-"], input: pdf)
        for line in Self.content.lines { #expect(words.contains(line.value)) }
        #expect(words.contains("材料已安全保存，联网后自动提交。凭本编号可查询进度。"))
        let fonts = try text("pdffonts", ["-"], input: pdf)
        #expect(fonts.contains("NotoSansCJK"))
    }

    @Test("Its code reads as the reference number")
    func code() throws {
        let raster = try run("pdftoppm", ["-r", "150", "-gray", "-"], input: try render(Self.content))
        let picture = FileManager.default.temporaryDirectory.appending(path: "receipt-\(UUID().uuidString).pgm")
        try raster.write(to: picture)
        defer { try? FileManager.default.removeItem(at: picture) }
        #expect(try text("zbarimg", ["--quiet", "--raw", "--nodbus", picture.path()], input: Data()) == "CK-20261121-000001\n")
    }

    @Test("No code, no lines, no footer: still a sheet")
    func sparse() throws {
        let pdf = try render(ReceiptContent(title: "回执", lines: [], footer: ""))
        #expect(try text("pdftotext", ["-", "-"], input: pdf).contains("回执"))
    }

    @Test("The same receipt gives the same bytes")
    func deterministic() throws {
        #expect(try render(Self.content) == render(Self.content))
    }

    @Test("What doesn't fit on the sheet or into the code is a fault, not a cut receipt")
    func tooLong() throws {
        var long = Self.content
        long.footer = String(repeating: "很长的说明。", count: 2000)
        #expect(fault(long) == "imaging.receipt-too-long")
        long = Self.content
        long.lines = Array(repeating: .init(label: "项", value: "值"), count: 100)
        #expect(fault(long) == "imaging.receipt-too-long")
        long = Self.content
        long.lines[0].label = String(repeating: "标", count: 1000)
        #expect(fault(long) == "imaging.receipt-too-long")
        long = Self.content
        long.code = String(repeating: "x", count: 4000)
        #expect(fault(long) == "imaging.receipt-too-long")
    }
}
