import Foundation
import KioskModel
import LineShim
import ReceiptPrinterShim
import Testing

@testable import ReceiptPrinter

@Suite struct PrinterTableTests {
    /// n, answer, what follows; nil is a printer that can print.
    static let answers: [(n: Int32, answer: UInt8, code: String?)] = [
        (1, 0x12, nil), (1, 0x16, nil), (1, 0x1A, "offline"), (2, 0x12, nil), (2, 0x16, "cover-open"), (2, 0x1A, nil), (2, 0x32, "paper-out"),
        (2, 0x52, "error"), (3, 0x16, "mechanical-error"), (3, 0x1A, "cutter-error"), (3, 0x32, "unrecoverable"), (3, 0x52, "recovering"),
        (4, 0x12, nil), (4, 0x1E, nil), (4, 0x72, "paper-out"), (4, 0x7E, "paper-out"),
    ]

    @Test(arguments: answers) func anAnswerHasItsMeaning(n: Int32, answer: UInt8, code: String?) {
        let status = PrinterStatus(flags: kiosk_receipt_flags(n, answer))
        #expect(status.fault?.code == code.map { "receiptPrinter.\($0)" })
        #expect((status.state == .ready) == (code == nil))
        #expect(status.conditions.isEmpty == !(n == 4 && answer & 0x0C != 0))
    }

    @Test func whatIsNoAnswerIsNone() {
        for byte in UInt8.min...UInt8.max where byte & 0x93 != 0x12 { #expect(Int(kiosk_receipt_flags(4, byte)) == KIOSK_LINE_ARGUMENT) }
        #expect(Int(kiosk_receipt_flags(5, 0x12)) == KIOSK_LINE_ARGUMENT)
        #expect(Int(kiosk_receipt_kind(0x11)) == KIOSK_RECEIPT_NOISE)
        #expect(Int(kiosk_receipt_kind(0x0F)) == KIOSK_RECEIPT_FENCE)
    }

    @Test(arguments: [(0x18, nil), (0x08, nil), (0x38, "paper-out"), (0x30, "paper-out"), (0x10, "error")] as [(Int32, String?)])
    func aPortStatusHasItsMeaning(port: Int32, code: String?) {
        #expect(PrinterStatus(portStatus: port).fault?.code == code.map { "receiptPrinter.\($0)" })
    }

    @Test func theGravestIsTold() {
        let all = PrinterStatus(flags: (1 << 9) - 1)
        #expect(all.fault?.code == "receiptPrinter.unrecoverable")
        #expect(all.fault?.action == .replace)
        #expect(all.conditions == [DeviceCondition(.paperLow)])
    }

    @Test(arguments: [
        [:], ["device": "/dev/usb/lp0", "port": "/dev/ttyS0"], ["usb": "fe6:811e"], ["usb": "0fe6"], ["port": "/dev/ttyS0", "baud": "115201"],
        ["device": "/dev/usb/lp0", "baud": "9600"], ["device": "/dev/usb/lp0", "width": "512"], ["device": "/dev/usb/lp0", "cutter": "maybe"],
        ["device": "/dev/usb/lp0", "paper": "80"], ["device": "/dev/usb/lp0", "patience": "0"],
    ])
    func aMistakeInTheOptionsIsNamed(options: [String: String]) {
        let fault = #expect(throws: DeviceFault.self) { try ReceiptPrinterOptions(options) }
        #expect(fault?.code == "receiptPrinter.configuration")
    }

    @Test func optionsAreRead() throws {
        let options = try ReceiptPrinterOptions(["usb": "0fe6:811e", "width": "384", "cutter": "no", "status": "no", "patience": "4"])
        #expect(options.port == .usb(vendor: 0x0FE6, product: 0x811E))
        #expect(options.width == 384 && !options.hasCutter && !options.answers && options.patience == 4)
        #expect(try ReceiptPrinterOptions(["port": "/dev/ttyS0", "baud": "9600"]).port == .serial(path: "/dev/ttyS0", baud: 9600))
    }

    /// As sysfs has them: the node's interface, and above it the device with the ids.
    @Test func aPrinterIsFoundByItsIds() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "sysfs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        func find() -> (Int32, String) {
            var node = [CChar](repeating: 0, count: 64)
            let result = kiosk_receipt_find(root.path, 0x0FE6, 0x811E, &node, node.count)
            return (result, String(decoding: node.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        func plug(_ node: String, _ product: String) throws {
            let interface = root.appending(path: "devices/usb-\(node)/interface")
            try FileManager.default.createDirectory(at: interface, withIntermediateDirectories: true)
            try "0fe6\n".write(to: interface.deletingLastPathComponent().appending(path: "idVendor"), atomically: true, encoding: .utf8)
            try "\(product)\n".write(to: interface.deletingLastPathComponent().appending(path: "idProduct"), atomically: true, encoding: .utf8)
            let entry = root.appending(path: "class/usbmisc/\(node)")
            try FileManager.default.createDirectory(at: entry, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(at: entry.appending(path: "device"), withDestinationURL: interface)
        }
        #expect(Int(find().0) == KIOSK_LINE_GONE)
        try plug("lp0", "0001")
        #expect(Int(find().0) == KIOSK_LINE_GONE)
        try plug("lp1", "811e")
        #expect(find() == (0, "/dev/usb/lp1"))
        try plug("lp2", "811e")
        #expect(Int(find().0) == KIOSK_LINE_ARGUMENT)
    }
}
