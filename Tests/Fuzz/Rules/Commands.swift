import DeviceLink
import KioskModel

/// Every command, with small bounds, so that a short script can overstep each. `!3` in a script is the fourth.
enum Commands {
    private static let page = PageImage(index: 0, format: .gray8, width: 8, height: 4, bytesPerRow: 8, resolution: 200)

    static let all: [DeviceCommand] = [
        .readCard(fingerprints: false), .readCard(fingerprints: true), .awaitCardRemoval, .preview(CameraRequest()), .capture(CameraRequest()),
        .awaitCodeInView(CameraRequest()), .scan(ScanRequest(maxPages: 2)), .print(PrintRequest(title: "A1")),
        .printRaster(RasterImage(width: 8, height: 4)), .awaitCode, .openDoor(2), .queryDoors,
        .signal(SignalRequest(output: "light", pattern: .blink(period: 500))), .readKeys, .readSocialSecurityCard,
        .assemblePDF(DocumentRequest(title: "A1", pages: [page, page], maxBytes: 64)), .renderPreview(page: page, maxWidth: 8),
        .renderReceipt(ReceiptContent(title: "T", lines: [], footer: "F")),
        .renderReceiptRaster(ReceiptContent(title: "T", lines: [], footer: "F", code: "1"), width: 8), .assessPage(page),
        .straightenPicture(StraightenRequest()), .decodePhoto, .reset, .beginRecording, .endRecording,
    ]

    static func files(for command: DeviceCommand) -> [MemoryFile] {
        (0..<command.fileCount).map { _ in
            guard let file = try? MemoryFile.copying([UInt8](repeating: 7, count: 32)) else { give("no memory for a file") }
            return file
        }
    }
}
