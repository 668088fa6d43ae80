import DeviceLink
import IDCardReader
import Imaging
import KioskModel
import PhotoDecoder
import Printer
import Scanner

/// The driver of each class of device. Called on the driver thread, which owns what it makes.
func makeDriver(for deviceClass: DeviceClass, _ services: HostServices) throws -> any DeviceDriver {
    switch deviceClass {
    case .idCardReader: try IDCardReaderDriver(options: services.options)
    case .scanner: try ScannerDriver(options: services.options)
    case .printer: try PrinterDriver(options: services.options)
    case .imaging: try ImagingDriver(options: services.options)
    case .photoDecoder: try PhotoDecoderDriver(options: services.options)
    case .camera, .receiptPrinter, .codeScanner, .locker, .auxiliaries, .keypad, .powerSupply, .smartCardReader:
        throw DeviceFault(code: "link.no-driver", action: .configure, detail: "this version has no driver for the class \(deviceClass.rawValue)")
    }
}
