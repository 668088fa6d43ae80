import Foundation
import KioskModel
import LineShim
import Testing

@testable import CodeScanner

/// Scanners are found by ids and report descriptor, in a folder that looks as /sys/class/hidraw does.
@Suite struct FindTests {
    private static let scanner: [UInt8] = [0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0xC0]
    private static let keypad: [UInt8] = [0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0]

    private func withNodes(_ nodes: [(ids: String, serial: String, descriptor: [UInt8])], _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "hidraw-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        for (index, node) in nodes.enumerated() {
            let device = root.appending(path: "hidraw\(index)/device")
            try FileManager.default.createDirectory(at: device, withIntermediateDirectories: true)
            let event = "DRIVER=hid-generic\nHID_ID=0003:\(node.ids)\nHID_NAME=Virtual\nHID_UNIQ=\(node.serial)\n"
            try event.write(to: device.appending(path: "uevent"), atomically: true, encoding: .utf8)
            try Data(node.descriptor).write(to: device.appending(path: "report_descriptor"))
        }
        try body(root.path)
    }

    private func find(_ root: String, serial: String? = nil) throws(ScannerFailure) -> String {
        var (line, path) = try ScannerPort.usb(vendor: 0x0C2E, product: 0x0B61, serial: serial).makeLine(hidraws: root)
        kiosk_line_close(&line)
        return path
    }

    @Test func theScannerOfADeviceWithAKeypadIsFound() throws {
        let ids = "00000C2E:00000B61"
        try withNodes([(ids, "A", Self.keypad), ("00000C2E:00000001", "A", Self.scanner), (ids, "A", Self.scanner)]) { (root) throws in
            #expect(try find(root) == "/dev/hidraw2")
            #expect(try find(root, serial: "A") == "/dev/hidraw2")
            #expect(throws: ScannerFailure.gone) { try find(root, serial: "B") }
        }
    }

    @Test func ofSeveralNoneIsGuessed() throws {
        let ids = "00000C2E:00000B61"
        try withNodes([(ids, "A", Self.scanner), (ids, "AB", Self.scanner)]) { (root) throws in
            let thrown = #expect(throws: ScannerFailure.self) { try find(root) }
            #expect(thrown?.fault.code == "codeScanner.configuration")
            #expect(try find(root, serial: "AB") == "/dev/hidraw1")
            #expect(try find(root, serial: "A") == "/dev/hidraw0")
        }
        #expect(throws: ScannerFailure.gone) { try find("/nonexistent") }
    }
}
