public import KioskModel

public struct DocumentRequest: Sendable, Codable, Hashable {
    /// PDF metadata title; never a personal value.
    public var title: String
    public var pages: [PageImage]
    /// Largest PDF in bytes; a longer one is a fault `imaging.document-too-large`.
    public var maxBytes: Int

    /// `maxBytes` unless told otherwise.
    public static let usualMaxBytes = 50 << 20

    public init(title: String, pages: [PageImage], maxBytes: Int = usualMaxBytes) {
        self.title = title
        self.pages = pages
        self.maxBytes = maxBytes
    }
}

public struct DocumentInfo: Sendable, Codable, Hashable {
    /// The media type of a recording of a device's line.
    public static let recording = "text/x-civickiosk-recording"

    /// `application/pdf`, `image/jpeg`, or ``recording``
    public var mediaType: String
    /// bytes
    public var byteCount: Int
    public var pageCount: Int

    public init(mediaType: String, byteCount: Int, pageCount: Int) {
        self.mediaType = mediaType
        self.byteCount = byteCount
        self.pageCount = pageCount
    }
}

/// What a receipt says. It carries no personal value, so that a printout left behind gives nobody away.
public struct ReceiptContent: Sendable, Codable, Hashable {
    public struct Line: Sendable, Codable, Hashable {
        public var label: String
        public var value: String

        public init(label: String, value: String) {
            self.label = label
            self.value = value
        }
    }

    public var title: String
    public var lines: [Line]
    public var footer: String
    /// Text of the QR code; nil for none.
    public var code: String?

    public init(title: String, lines: [Line], footer: String, code: String? = nil) {
        self.title = title
        self.lines = lines
        self.footer = footer
        self.code = code
    }
}

/// One bit a pixel for a thermal head, 1 is black, rows from the top, the leftmost pixel in the highest bit, each row padded to whole bytes.
public struct RasterImage: Sendable, Codable, Hashable {
    /// dots; a multiple of 8
    public var width: Int
    /// dots
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// bytes; `Int.max` where the product of a hostile pair overflows
    public var byteCount: Int {
        let (product, overflow) = (width / 8).multipliedReportingOverflow(by: height)
        return overflow ? .max : product
    }
}

/// How well a scanned page can be read.
public struct PageQuality: Sendable, Codable, Hashable {
    public typealias Flaw = PageFlaw

    /// The gravest first; empty for a good page.
    public var flaws: [Flaw]
    /// 0…1, where 1 is as sharp as the resolution allows
    public var sharpness: Double
    /// degrees, clockwise
    public var skew: Double
    /// 0…1: the brightness of the paper
    public var brightness: Double
    /// 0…1: the part of the page that is printed or written on
    public var coverage: Double

    public init(flaws: [Flaw], sharpness: Double, skew: Double, brightness: Double, coverage: Double) {
        self.flaws = flaws
        self.sharpness = sharpness
        self.skew = skew
        self.brightness = brightness
        self.coverage = coverage
    }
}

public struct StraightenRequest: Sendable, Codable, Hashable {
    /// The longer side of the page, millimetres: 297 for A4. With the pixels found it gives the resolution.
    public var longSide: Int
    public var mode: ScanRequest.ColourMode

    public init(longSide: Int = 297, mode: ScanRequest.ColourMode = .colour) {
        self.longSide = longSide
        self.mode = mode
    }
}
