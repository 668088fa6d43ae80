public import KioskModel

extension DeviceCommand {
    /// The classes of device that carry it out.
    public var deviceClasses: Set<DeviceClass> {
        switch self {
        case .readCard: [.idCardReader]
        case .awaitCardRemoval: [.idCardReader, .smartCardReader]
        case .preview, .capture, .awaitCodeInView: [.camera]
        case .scan: [.scanner]
        case .print: [.printer]
        case .printRaster: [.receiptPrinter]
        case .awaitCode: [.codeScanner]
        case .openDoor, .queryDoors: [.locker]
        case .signal: [.auxiliaries]
        case .readKeys: [.keypad]
        case .readSocialSecurityCard: [.smartCardReader]
        case .assemblePDF, .renderPreview, .renderReceipt, .renderReceiptRaster, .assessPage, .straightenPicture: [.imaging]
        case .decodePhoto: [.photoDecoder]
        case .reset: Set(DeviceClass.allCases)
        case .beginRecording, .endRecording: [.idCardReader, .receiptPrinter, .codeScanner, .locker]
        }
    }

    /// How many files travel with it.
    public var fileCount: Int {
        switch self {
        case .print, .printRaster, .renderPreview, .assessPage, .straightenPicture, .decodePhoto: 1
        case .assemblePDF(let request): request.pages.count
        case .readCard, .awaitCardRemoval, .preview, .capture, .awaitCodeInView, .scan, .awaitCode, .openDoor, .queryDoors, .signal, .readKeys,
            .readSocialSecurityCard, .renderReceipt, .renderReceiptRaster, .reset, .beginRecording, .endRecording:
            0
        }
    }
}
