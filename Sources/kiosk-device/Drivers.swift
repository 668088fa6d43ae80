import Auxiliaries
import Camera
import CodeScanner
import DeviceLink
import IDCardReader
import Imaging
import Keypad
import KioskModel
import Locker
import PhotoDecoder
import PowerSupply
import Printer
import ReceiptPrinter
import Scanner
import SmartCard

/// The driver of each class of device. Called on the driver thread, which owns what it makes.
func makeDriver(for deviceClass: DeviceClass, _ services: HostServices) throws -> any DeviceDriver {
    switch deviceClass {
    case .idCardReader: try IDCardReaderDriver(options: services.options)
    case .locker: try LockerDriver(options: services.options)
    case .codeScanner: try CodeScannerDriver(options: services.options)
    case .camera: try CameraDriver(options: services.options)
    case .scanner: try ScannerDriver(options: services.options)
    case .printer: try PrinterDriver(options: services.options)
    case .keypad: try KeypadDriver(options: services.options)
    case .powerSupply: try PowerSupplyDriver(options: services.options)
    case .auxiliaries: try AuxiliariesDriver(services)
    case .receiptPrinter: try ReceiptPrinterDriver(options: services.options)
    case .smartCardReader: try SmartCardDriver(options: services.options)
    case .imaging: try ImagingDriver(options: services.options)
    case .photoDecoder: try PhotoDecoderDriver(options: services.options)
    }
}
