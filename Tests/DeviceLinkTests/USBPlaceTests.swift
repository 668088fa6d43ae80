import Foundation
import Testing

@testable import DeviceLink

/// A sysfs made of folders; the node is /dev/null, 1:3 on every Linux.
struct USBPlaceTests {
    private func withSysfs(_ usbFolder: String?, _ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "usb-place-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: root) }
        let interface = "devices/pci0000:00/usb1/1-2/1-2.4/1-2.4:1.0/ttyUSB0/tty/ttyUSB0"
        try FileManager.default.createDirectory(at: root.appending(path: interface), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: root.appending(path: "dev/char"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: root.appending(path: "dev/char/1:3").path(), withDestinationPath: "../../\(interface)")
        if let usbFolder { try Data("1\n".utf8).write(to: root.appending(path: "devices/pci0000:00/usb1/\(usbFolder)/busnum")) }
        try body(root.path())
    }

    @Test func theDeviceIsFoundAboveItsInterface() throws {
        try withSysfs("1-2/1-2.4") { #expect(USBPlace.of("/dev/null", sysfs: $0) == "1-2.4") }
    }

    @Test func aDeviceOnAnotherBusHasNoPlace() throws {
        try withSysfs(nil) { sysfs in
            #expect(USBPlace.of("/dev/null", sysfs: sysfs) == nil)
            #expect(USBPlace.of("/dev/zero", sysfs: sysfs) == nil, "not in this sysfs")
            #expect(USBPlace.of(sysfs, sysfs: sysfs) == nil, "a folder is no node")
            #expect(USBPlace.of("/dev/nobody", sysfs: sysfs) == nil)
        }
    }

    @Test func aPlaceOnTheRealSysfsIsAbsentForWhatIsNotPluggedIn() {
        #expect(USBPlace.of("/dev/null") == nil)
    }
}
