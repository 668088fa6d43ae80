public import KioskModel

/// What kioskd asks of a device host. Files named in a case travel beside it as sealed memfds, in the order of the text.
public enum DeviceCommand: Sendable, Codable, Equatable {
    /// ID reader: wait until a card is found, then read it. Progress: `.cardFound`. Result: `.card`.
    case readCard(fingerprints: Bool)
    /// ID reader: wait until the card that was read has been lifted. Result: `.done`.
    case awaitCardRemoval
    /// Scanner: feed and scan every page that lies in it. Progress: one `.page` with one file each. Result: `.scanned`.
    case scan(ScanRequest)
    /// Printer: print the one PDF that comes along. Progress: `.printing`. Result: `.printed`.
    case print(PrintRequest)
    /// Imaging: one file a page, in order, become one PDF. Result: `.document` with one file.
    case assemblePDF(DocumentRequest)
    /// Imaging: one page becomes a JPEG no wider than `maxWidth` pixels. Result: `.document` with one file.
    case renderPreview(page: PageImage, maxWidth: Int)
    /// Imaging: a receipt as a one-page PDF. Result: `.document` with one file.
    case renderReceipt(ReceiptContent)
}

/// The last word on a successful command.
public enum DeviceResult: Sendable, Codable, Equatable {
    case done
    case card(IdentityCard)
    case scanned(pages: Int)
    case printed(sheets: Int)
    case document(DocumentInfo)
}

public enum DeviceProgress: Sendable, Codable, Equatable {
    case cardFound
    /// One scanned page; its pixels are the one file that comes along.
    case page(PageImage)
    case printing(PrinterProgress)
    /// 0…1
    case fraction(Double)
}

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
    public enum Source: String, Sendable, Codable { case flatbed, feeder }

    /// dots per inch
    public var resolution: Int
    public var mode: ColourMode
    public var source: Source
    /// Stop after this many pages.
    public var maxPages: Int

    public init(resolution: Int = 200, mode: ColourMode = .colour, source: Source = .feeder, maxPages: Int) {
        self.resolution = resolution
        self.mode = mode
        self.source = source
        self.maxPages = maxPages
    }
}

public struct PrintRequest: Sendable, Codable, Hashable {
    /// Shown in the printer's job list; never a personal value: the reference number.
    public var title: String
    public var copies: Int

    public init(title: String, copies: Int = 1) {
        self.title = title
        self.copies = copies
    }
}

public struct PrinterProgress: Sendable, Codable, Hashable {
    public var sheetsPrinted: Int
    /// IPP `printer-state-reasons` as the printer gives them.
    public var reasons: [String]

    public init(sheetsPrinted: Int, reasons: [String]) {
        self.sheetsPrinted = sheetsPrinted
        self.reasons = reasons
    }
}

public struct DocumentRequest: Sendable, Codable, Hashable {
    /// PDF metadata title; never a personal value.
    public var title: String
    public var pages: [PageImage]
    /// Largest PDF in bytes; a longer one is a fault `imaging.document-too-large`.
    public var maxBytes: Int

    public init(title: String, pages: [PageImage], maxBytes: Int = 50 << 20) {
        self.title = title
        self.pages = pages
        self.maxBytes = maxBytes
    }
}

public struct DocumentInfo: Sendable, Codable, Hashable {
    /// `application/pdf`, `image/jpeg`
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
