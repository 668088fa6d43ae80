import DeviceLink
import IDCardReader
import Imaging
import KioskModel
import Printer
import Scanner

/// The driver of each class of device. Called on the driver thread, which owns what it makes.
func makeDriver(for deviceClass: DeviceClass, options: [String: String]) throws -> any DeviceDriver {
    switch deviceClass {
    case .idCardReader: try IDCardReaderDriver(options: options)
    case .scanner: try ScannerDriver(options: options)
    case .printer: try PrinterDriver(options: options)
    case .imaging: try ImagingDriver(options: options)
    }
}
