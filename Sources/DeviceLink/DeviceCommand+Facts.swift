public import KioskModel

extension DeviceCommand {
    /// The class of device that carries it out.
    public var deviceClass: DeviceClass {
        switch self {
        case .readCard, .awaitCardRemoval: .idCardReader
        case .scan: .scanner
        case .print: .printer
        case .assemblePDF, .renderPreview, .renderReceipt: .imaging
        }
    }

    /// How many files travel with it.
    public var fileCount: Int {
        switch self {
        case .readCard, .awaitCardRemoval, .scan, .renderReceipt: 0
        case .print, .renderPreview: 1
        case .assemblePDF(let request): request.pages.count
        }
    }
}
