/// A scanned page as it lies in its memfd: raw rows, top to bottom, no header.
public struct PageImage: Sendable, Codable, Hashable {
    public enum PixelFormat: String, Sendable, Codable {
        /// One byte a pixel, 0 is black.
        case gray8
        /// Three bytes a pixel, R G B.
        case rgb24
    }

    /// 0-based position in the stack.
    public var index: Int
    public var format: PixelFormat
    /// pixels
    public var width: Int
    /// pixels
    public var height: Int
    /// bytes, ≥ width × bytes per pixel
    public var bytesPerRow: Int
    /// dots per inch
    public var resolution: Int

    public init(index: Int, format: PixelFormat, width: Int, height: Int, bytesPerRow: Int, resolution: Int) {
        self.index = index
        self.format = format
        self.width = width
        self.height = height
        self.bytesPerRow = bytesPerRow
        self.resolution = resolution
    }

    /// bytes; `Int.max` where the product of a hostile pair overflows
    public var byteCount: Int {
        let (product, overflow) = bytesPerRow.multipliedReportingOverflow(by: height)
        return overflow ? .max : product
    }
}

public struct ScanRequest: Sendable, Codable, Hashable {
    public enum ColourMode: String, Sendable, Codable { case gray, colour }
    public enum Source: String, Sendable, Codable {
        case flatbed, feeder
        /// Both sides of each sheet, front before back.
        case feederDuplex
    }
    public enum PageSize: String, Sendable, Codable {
        case a4, a5
        /// An ID card (ISO/IEC 7810 ID-1), laid into the corner of the glass.
        case idCard
        /// As much as the scanner sees.
        case whole
    }

    /// dots per inch
    public var resolution: Int
    public var mode: ColourMode
    public var source: Source
    public var pageSize: PageSize
    /// Stop after this many pages.
    public var maxPages: Int

    public init(resolution: Int = 200, mode: ColourMode = .colour, source: Source = .feeder, pageSize: PageSize = .a4, maxPages: Int) {
        self.resolution = resolution
        self.mode = mode
        self.source = source
        self.pageSize = pageSize
        self.maxPages = maxPages
    }
}
