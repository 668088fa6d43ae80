public import KioskModel

/// What kioskd asks of a device host. Files named in a case travel beside it as sealed memfds, in the order of the text.
public enum DeviceCommand: Sendable, Codable, Equatable {
    /// ID reader: wait until a card is found, then read it. Progress: `.cardFound`. Result: `.card`.
    case readCard(fingerprints: Bool)
    /// ID reader, smart-card reader: wait until the card that was read has been lifted or pulled out. Result: `.done`.
    case awaitCardRemoval

    /// Camera: show what it sees until the command is cancelled or its deadline comes. Progress: `.frame`, one JPEG each. Result: `.done`.
    case preview(CameraRequest)
    /// Camera: one picture in the best quality. Result: `.picture` with one JPEG.
    case capture(CameraRequest)
    /// Camera: show what it sees until a code is in view. Progress: `.frame`, one JPEG each. Result: `.code`.
    case awaitCodeInView(CameraRequest)

    /// Scanner: feed and scan every page that lies in it. Progress: one `.page` with one file each. Result: `.scanned`.
    case scan(ScanRequest)
    /// Printer: print the one PDF that comes along. Progress: `.printing`. Result: `.printed`.
    case print(PrintRequest)
    /// Receipt printer: print the one raster that comes along, and cut. Result: `.printed`.
    case printRaster(RasterImage)

    /// Code scanner: wait until a code has been read, whole. Result: `.code`.
    case awaitCode

    /// Locker: open the door with that number, from 1; refused with `closeLockerDoor` while another stands open. Result: `.doors`, all of them.
    case openDoor(Int)
    /// Locker: how the doors are. Result: `.doors`, all of them.
    case queryDoors

    /// Auxiliaries: a light or the buzzer. Result: `.done`, once it is lit or sounds.
    case signal(SignalRequest)
    /// Keypad: hand over every key until the command is cancelled or its deadline comes; meanwhile the keys go nowhere else.
    /// Progress: `.key`. Result: `.done`.
    case readKeys

    /// Smart-card reader: wait until a social-security card is inserted, then read its basic fields. Progress: `.cardFound`.
    /// Result: `.socialSecurityCard`.
    case readSocialSecurityCard

    /// Imaging: one file a page, in order, become one PDF. Progress: `.fraction`. Result: `.document` with one file.
    case assemblePDF(DocumentRequest)
    /// Imaging: one page becomes a JPEG no wider than `maxWidth` pixels. Result: `.document` with one file.
    case renderPreview(page: PageImage, maxWidth: Int)
    /// Imaging: a receipt as a one-page PDF. Result: `.document` with one file.
    case renderReceipt(ReceiptContent)
    /// Imaging: a receipt for a receipt printer, `width` dots wide. Result: `.raster` with one file.
    case renderReceiptRaster(ReceiptContent, width: Int)
    /// Imaging: how well one page can be read. Result: `.quality`.
    case assessPage(PageImage)
    /// Imaging: the page in a document camera's JPEG, cut out and straightened. Result: `.page` with one file.
    case straightenPicture(StraightenRequest)

    /// Photo decoder: the photo of an ID card, 1024 bytes as read from the chip. Result: `.page` with one file.
    case decodePhoto

    /// Any device: let go of it and open it anew. What was being recorded is lost. Result: `.done`.
    case reset
    /// Any device on a line: write down what passes on it from now on, beginning with opening it anew. Result: `.done`.
    case beginRecording
    /// Ends that, and hands over the recording without personal data. Result: `.document` with one file.
    case endRecording
}

/// The last word on a successful command.
public enum DeviceResult: Sendable, Codable, Equatable {
    case done
    case card(IdentityCard)
    case picture(CameraFrame)
    case scanned(pages: Int)
    case printed(sheets: Int)
    case code(ScannedCode)
    case doors([LockerDoor])
    case socialSecurityCard(SocialSecurityCard)
    case document(DocumentInfo)
    case raster(RasterImage)
    case page(PageImage)
    case quality(PageQuality)
}

public enum DeviceProgress: Sendable, Codable, Equatable {
    case cardFound
    /// What the camera sees now; its JPEG is the one file that comes along.
    case frame(CameraFrame)
    /// One scanned page; its pixels are the one file that comes along.
    case page(PageImage)
    case printing(PrinterProgress)
    case key(KeyPress)
    /// 0…1
    case fraction(Double)
}
