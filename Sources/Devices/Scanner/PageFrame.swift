internal import DeviceLink
internal import KioskModel
internal import ScannerShim

/// What one page will look like in memory, judged before a byte of it is read.
struct PageFrame: Equatable {
    /// The longest page taken when the scanner doesn't say: 14 inches, a legal sheet.
    static let longestPage = 14
    /// bytes; an A3 colour page at 600 dpi has 209 MB
    static let largestPage = 256 << 20

    var format: PageImage.PixelFormat
    /// pixels
    var width: Int
    var bytesPerRow: Int
    /// nil when it is known only at the end
    var rows: Int?
    /// bytes taken at most: the whole page, or the longest possible one
    var capacity: Int
    /// dots per inch
    var resolution: Int

    init(_ parameters: kiosk_scanner_parameters, resolution: Int) throws {
        let samples: Int
        switch (parameters.format, parameters.depth, parameters.last_frame) {
        case (0, 8, true): (format, samples) = (.gray8, 1)
        case (1, 8, true): (format, samples) = (.rgb24, 3)
        default:
            // Line art, 16 bits, three passes: asked to send 8 bits in one pass, the scanner didn't obey.
            throw Self.fault("unsupported-format", "format \(parameters.format), \(parameters.depth) bits, last frame \(parameters.last_frame)")
        }
        width = Int(parameters.pixels_per_line)
        bytesPerRow = Int(parameters.bytes_per_line)
        guard width > 0, bytesPerRow >= width * samples else {
            throw Self.fault("invalid-parameters", "\(width) pixels in \(bytesPerRow) bytes a row")
        }
        rows = parameters.lines >= 0 ? Int(parameters.lines) : nil
        self.resolution = resolution
        let (bytes, overflow) = bytesPerRow.multipliedReportingOverflow(by: rows ?? Self.longestPage * resolution)
        guard !overflow, bytes > 0, bytes <= Self.largestPage else {
            throw Self.fault("page-too-large", "\(bytesPerRow) bytes a row, \(parameters.lines) rows")
        }
        capacity = bytes
    }

    /// The page made of `byteCount` bytes; a page that ended before the rows that were announced is to be scanned again.
    func image(index: Int, byteCount: Int) throws -> PageImage {
        let complete = byteCount / bytesPerRow
        guard complete > 0, complete == rows ?? complete else { throw ScannerFailure(code: KIOSK_SCANNER_EOF.rawValue, step: "read") }
        return PageImage(index: index, format: format, width: width, height: complete, bytesPerRow: bytesPerRow, resolution: resolution)
    }

    static func fault(_ name: String, _ detail: String) -> DeviceFault {
        DeviceFault(code: "scanner.\(name)", action: .configure, detail: detail)
    }
}
