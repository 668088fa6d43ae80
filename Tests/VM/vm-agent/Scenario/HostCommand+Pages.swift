import Bench
import DeviceLink
import Foundation
import Glibc

extension HostCommand.Family {
    /// `scan [flatbed|feeder|feederDuplex] [gray] [a4|a5|idCard|whole] [resolution N] [pages N]`
    static let scanner = HostCommand.Family(names: ["scan"]) { (_, arguments) throws(DeviceTrouble) in
        var request = ScanRequest(resolution: 100, maxPages: 50)
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if let source = ScanRequest.Source(rawValue: word) {
                request.source = source
            } else if let size = ScanRequest.PageSize(rawValue: word) {
                request.pageSize = size
            } else if word == "gray" {
                request.mode = .gray
            } else if let number = rest.popFirst().flatMap({ Int($0) }), number > 0, ["resolution", "pages"].contains(word) {
                if word == "pages" { request.maxPages = number } else { request.resolution = number }
            } else {
                throw DeviceTrouble("write `scan [flatbed|feeder|feederDuplex] [gray] [a4|a5|idCard|whole] [resolution N] [pages N]`")
            }
        }
        return HostCommand(.scan(request))
    }

    /// `assessPage SHEET [SPOILT…]`, `straightenPicture VIEW`, `assemblePDF PAGES [BYTES]`, `renderPreview`, `renderReceipt`,
    /// `renderReceiptRaster WIDTH`
    static let imaging = HostCommand.Family(
        names: ["assessPage", "straightenPicture", "assemblePDF", "renderPreview", "renderReceipt", "renderReceiptRaster"]
    ) { (name, arguments) throws(DeviceTrouble) in
        switch name {
        case "assessPage":
            let sheet = try SheetWords.sheet(arguments)
            return HostCommand(.assessPage(SheetWords.image(resolution: 300)), content: SheetWords.content(of: sheet, resolution: 300))
        case "straightenPicture":
            return HostCommand(.straightenPicture(StraightenRequest()), content: try SheetWords.photo(arguments))
        case "renderPreview":
            let sheet = SyntheticSheet(.letter)
            return HostCommand(
                .renderPreview(page: SheetWords.image(resolution: 100), maxWidth: 400), content: SheetWords.content(of: sheet, resolution: 100))
        case "assemblePDF":
            guard let count = arguments.first.flatMap({ Int($0) }), (1...20).contains(count), arguments.count <= 2 else {
                throw DeviceTrouble("write `assemblePDF PAGES [BYTES]`")
            }
            var request = DocumentRequest(title: "contract", pages: (0..<count).map { SheetWords.image($0, resolution: 100) })
            if let limit = arguments.dropFirst().first.flatMap({ Int($0) }) { request.maxBytes = limit }
            return HostCommand(.assemblePDF(request), content: SheetWords.content(of: SyntheticSheet(.dense), resolution: 100, copies: count))
        case "renderReceipt":
            return HostCommand(.renderReceipt(SheetWords.receipt))
        default:
            guard let width = arguments.first.flatMap({ Int($0) }), arguments.count == 1 else {
                throw DeviceTrouble("write `renderReceiptRaster WIDTH`, in dots")
            }
            return HostCommand(.renderReceiptRaster(SheetWords.receipt, width: width))
        }
    }
}

/// The words for synthetic sheets, and the files that they are.
private enum SheetWords {
    static let receipt = ReceiptContent(
        title: "材料接收回执", lines: [.init(label: "回执编号", value: "CK-20261121-000001"), .init(label: "事项", value: "居住证办理")],
        footer: "凭本编号可查询进度。", code: "CK-20261121-000001")

    private static let spoilt: [String: @Sendable (inout SyntheticSheet) -> Void] = [
        "blurred": { $0.blur = 0.4 }, "turned": { $0.rotation = 6 }, "dark": { $0.light = 0.35 }, "bright": { $0.glare = 0.75 },
        "moved": { $0.shift = 30 }, "lost": { $0.lost = 0.3 },
    ]

    static func sheet(_ words: [String]) throws(DeviceTrouble) -> SyntheticSheet {
        guard let kind = words.first.flatMap(SyntheticSheet.Kind.init(rawValue:)) else {
            throw DeviceTrouble("sheets are \(SyntheticSheet.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var sheet = SyntheticSheet(kind)
        for word in words.dropFirst() {
            guard let spoil = spoilt[word] else {
                throw DeviceTrouble("a sheet is spoilt in the words \(spoilt.keys.sorted().joined(separator: ", "))")
            }
            spoil(&sheet)
        }
        return sheet
    }

    static func image(_ index: Int = 0, resolution: Int) -> PageImage {
        let scale = Double(resolution) / 25.4
        let width = Int((SyntheticSheet.size.width * scale).rounded()), height = Int((SyntheticSheet.size.height * scale).rounded())
        return PageImage(index: index, format: .rgb24, width: width, height: height, bytesPerRow: width * 3, resolution: resolution)
    }

    static func content(of sheet: SyntheticSheet, resolution: Int, copies: Int = 1) -> FileContent {
        FileContent(name: "\(copies) \(sheet)") {
            let bytes = try sheet.pixels(resolution: resolution).bytes
            return try (0..<copies).map { _ in try MemoryFile.copying(bytes) }
        }
    }

    /// `flat`, `askew`, `cut`, `away`, `broken`
    static func photo(_ words: [String]) throws(DeviceTrouble) -> FileContent {
        let (width, height) = (1600, 1280)
        func seen(_ above: Double, turn: Double = 0, tilt: Double = 0) -> [(x: Double, y: Double)] {
            SyntheticSheet.corners(width: width, height: height, above: above, turn: turn, tilt: tilt)
        }
        let corners: [(x: Double, y: Double)]
        switch words.first {
        case "flat": corners = seen(500)
        case "askew", "broken": corners = seen(560, turn: 12, tilt: 25)
        case "cut": corners = seen(500).map { ($0.x, $0.y - 200) }
        case "away": corners = seen(1900)
        default: throw DeviceTrouble("a page lies flat, askew, cut, away or broken under the camera")
        }
        let isBroken = words.first == "broken"
        return FileContent(name: words.joined(separator: " ")) {
            let jpeg = try SyntheticSheet(.dense).photo(width: width, height: height, corners: corners)
            return [try MemoryFile.copying([UInt8](isBroken ? jpeg.prefix(jpeg.count / 2) : jpeg))]
        }
    }
}
