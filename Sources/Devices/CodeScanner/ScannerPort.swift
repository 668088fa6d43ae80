internal import CodeScannerShim
internal import KioskModel
internal import Line
internal import LineShim

/// Where a code scanner is plugged in, as the configuration says.
enum ScannerPort: Equatable {
    case serial(path: String, baud: Int32)
    /// A hidraw node, by its path.
    case node(path: String)
    /// A HID-POS scanner on USB; `serial` chooses among several with the same ids.
    case usb(vendor: UInt16, product: UInt16, serial: String?)

    private static let known = ["usb", "serial", "hidraw", "port", "baud"]
    private static let hidraws = "/sys/class/hidraw"

    /// `usb=VENDOR:PRODUCT` and, if wanted, `serial=`; or `hidraw=`; or `port=` and, if wanted, `baud=`.
    /// - Throws: `codeScanner.configuration`, with what to write.
    init(options: [String: String]) throws(DeviceFault) {
        func value(_ key: String) -> String? { options[key].flatMap { $0.isEmpty ? nil : $0 } }
        func refuse(_ text: String) -> DeviceFault { ScannerFailure.configuration(text).fault }
        if let unknown = options.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw refuse("there is no option \(unknown)=; a code scanner has \(Self.known.joined(separator: "=, "))=")
        }
        let places = ["usb", "hidraw", "port"].filter { value($0) != nil }
        guard places.count == 1 else {
            throw refuse("the code scanner needs one of usb=VENDOR:PRODUCT, hidraw=/dev/hidraw0 and port=/dev/ttyS0")
        }
        guard options["serial"] == nil || places == ["usb"] else { throw refuse("serial= chooses a scanner on usb=") }
        guard options["baud"] == nil || places == ["port"] else { throw refuse("baud= belongs to port=") }
        if let ids = value("usb") {
            guard let identity = USBIdentity(ids) else {
                throw refuse("usb= needs vendor and product as two hexadecimal numbers of four digits: usb=0c2e:0b61")
            }
            self = .usb(vendor: identity.vendor, product: identity.product, serial: value("serial"))
        } else if let path = value("hidraw") {
            self = .node(path: path)
        } else {
            guard let baud = Int32(options["baud"] ?? "9600") else { throw refuse("baud= needs a number: baud=9600") }
            self = .serial(path: value("port") ?? "", baud: baud)
        }
    }

    var form: kiosk_code_form {
        switch self {
        case .serial: KIOSK_CODE_LINES
        case .node, .usb: KIOSK_CODE_REPORTS
        }
    }

    /// The line, not opened yet, and the path it will open. Looks over all hidraw nodes each time, so that a scanner is found whenever and wherever it
    /// was plugged in.
    func makeLine(hidraws: String = ScannerPort.hidraws) throws(ScannerFailure) -> (line: kiosk_line, path: String) {
        var line = kiosk_line()
        switch self {
        case .serial(let path, let baud):
            guard kiosk_line_serial(path, baud, &line) == 0 else {
                throw .configuration("baud= is none of 9600, 19200, 38400, 57600 and 115200")
            }
            return (line, path)
        case .node(let path):
            let result = kiosk_line_node(path, &line)
            guard result == 0 else { throw ScannerFailure(code: result) }
            return (line, path)
        case .usb(let vendor, let product, let serial):
            var node = [CChar](repeating: 0, count: 64)
            let found = kiosk_codescanner_find(hidraws, vendor, product, serial, &node, node.count)
            if Int(found) == KIOSK_CODE_ARGUMENT {
                throw .configuration("several HID-POS scanners have these ids: choose one with serial=, its USB serial number")
            }
            guard found == 0 else { throw ScannerFailure(code: found) }
            let path = String(decoding: node.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let result = kiosk_line_node(path, &line)
            guard result == 0 else { throw ScannerFailure(code: result) }
            return (line, path)
        }
    }
}
