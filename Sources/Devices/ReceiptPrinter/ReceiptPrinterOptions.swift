internal import KioskModel
internal import Line
internal import LineShim
internal import ReceiptPrinterShim

/// Where a receipt printer is plugged in and what it can do, as the configuration says.
struct ReceiptPrinterOptions: Equatable {
    enum Port: Equatable {
        case node(String)
        case usb(vendor: UInt16, product: UInt16)
        case serial(path: String, baud: Int32)
    }

    var port: Port
    /// dots of the head
    var width = 576
    var hasCutter = true
    /// False for a printer on a port that it can't answer on.
    var answers = true
    /// Multiplies the times of the field, for a machine that is emulated.
    var patience: Int32 = 1

    private static let known = ["device", "usb", "port", "baud", "width", "cutter", "status", "patience"]

    init(port: Port) {
        self.port = port
    }

    /// - Throws: `receiptPrinter.configuration`, with what to write.
    init(_ options: [String: String]) throws(DeviceFault) {
        func refuse(_ text: String) -> DeviceFault { DeviceFault(code: "receiptPrinter.configuration", action: .configure, detail: text) }
        func yes(_ key: String) throws(DeviceFault) -> Bool {
            switch options[key] ?? "yes" {
            case "yes": return true
            case "no": return false
            default: throw refuse("\(key)= is yes or no")
            }
        }
        if let unknown = options.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw refuse("there is no option \(unknown)=; a receipt printer has \(Self.known.joined(separator: "=, "))=")
        }
        let places = ["device", "usb", "port"].filter { options[$0]?.isEmpty == false }
        guard places.count == 1, let place = options[places[0]] else {
            throw refuse("the printer needs one of device=/dev/usb/lp0, usb=0fe6:811e, and port=/dev/ttyS0 with baud=")
        }
        guard places[0] == "port" || options["baud"] == nil else { throw refuse("baud= belongs to port=; a printer on USB has no speed to set") }
        switch places[0] {
        case "device": port = .node(place)
        case "usb":
            guard let identity = USBIdentity(place) else {
                throw refuse("usb= needs vendor and product as two hexadecimal numbers of four digits: usb=0fe6:811e")
            }
            port = .usb(vendor: identity.vendor, product: identity.product)
        default:
            guard let baud = Int32(options["baud"] ?? "115200"), [9600, 19200, 38400, 57600, 115200].contains(baud) else {
                throw refuse("baud= is one of 9600, 19200, 38400, 57600 and 115200")
            }
            port = .serial(path: place, baud: baud)
        }
        guard let width = Int(options["width"] ?? "576"), [384, 576].contains(width) else {
            throw refuse("width= is 384 for paper of 58 mm, or 576 for paper of 80 mm")
        }
        self.width = width
        hasCutter = try yes("cutter")
        answers = try yes("status")
        guard let patience = Int32(options["patience"] ?? "1"), (1...100).contains(patience) else {
            throw refuse("patience= needs a number from 1 to 100")
        }
        self.patience = patience
    }

    /// The node that is opened now; nil for a serial line, and while no printer has the ids.
    var node: String? {
        switch port {
        case .node(let path): path
        case .serial: nil
        case .usb(let vendor, let product): try? Self.find(vendor, product)
        }
    }

    private static func find(_ vendor: UInt16, _ product: UInt16) throws(PrinterFailure) -> String {
        var node = [CChar](repeating: 0, count: 64)
        let found = kiosk_receipt_find("/sys", vendor, product, &node, node.count)
        if Int(found) == KIOSK_LINE_ARGUMENT { throw .configuration("several printers have these usb= ids; name one with device=") }
        guard found == 0 else { throw PrinterFailure(code: found) }
        return String(decoding: node.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The line to open now: a USB printer gets another node with each plugging in.
    func line() throws(PrinterFailure) -> kiosk_line {
        var line = kiosk_line()
        let result: Int32
        switch port {
        case .node(let path): result = kiosk_line_node(path, &line)
        case .serial(let path, let baud): result = kiosk_line_serial(path, baud, &line)
        case .usb(let vendor, let product):
            result = kiosk_line_node(try Self.find(vendor, product), &line)
        }
        guard result == 0 else { throw PrinterFailure(code: result) }
        return line
    }
}
