import Dispatch
import Foundation
import Glibc
import KioskRuntime

/// USB ports by way of the kernel: sysfs tells what is plugged in, and one ioctl on the device's node (USBDEVFS_RESET) resets its port. It either happens or
/// it doesn't: a kioskd that dies meanwhile leaves no device switched off, as it would with sysfs's `authorized`. kioskd needs to be allowed to write the
/// node, which a udev rule grants (docs/configuration.md); where it isn't, the error says so.
struct SysfsPorts: PortResetter {
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    var devices = URL(fileURLWithPath: "/sys/bus/usb/devices")
    var nodes = URL(fileURLWithPath: "/dev/bus/usb")

    func device(at path: String) throws -> USBDevice {
        // What a host says becomes part of a file name.
        guard path.utf8.count <= 32, path.wholeMatch(of: #/[0-9]{1,3}-[0-9]{1,3}(\.[0-9]{1,3})*/#) != nil else {
            throw Refused(description: "this isn't a place on USB")
        }
        guard let vendor = attribute("idVendor", of: path), let product = attribute("idProduct", of: path) else {
            throw Refused(description: "nothing is plugged in at \(path)")
        }
        // With a hub, everything behind it would be reset.
        guard attribute("bDeviceClass", of: path) != "09" else { throw Refused(description: "at \(path) there is a hub") }
        return USBDevice(path: path, vendor: vendor, product: product, serial: attribute("serial", of: path))
    }

    func reset(_ device: USBDevice) async throws {
        try await withCheckedThrowingContinuation { continuation in
            // The kernel takes its time, seconds for a device that doesn't answer.
            DispatchQueue.global().async { continuation.resume(with: Result { try resetNow(device) }) }
        }
    }

    private func resetNow(_ device: USBDevice) throws {
        guard try self.device(at: device.path) == device else { throw Refused(description: "another device is plugged in at \(device.path) now") }
        guard let bus = attribute("busnum", of: device.path).flatMap(Int.init), let number = attribute("devnum", of: device.path).flatMap(Int.init)
        else { throw Refused(description: "the device at \(device.path) is going away") }
        let node = nodes.appendingPathComponent(String(format: "%03d/%03d", bus, number)).path
        let descriptor = open(node, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let hint = errno == EACCES || errno == EPERM ? "; docs/configuration.md has the udev rule that lets kioskd do so" : ""
            throw Refused(description: "\(node) can't be opened for writing: errno \(errno)\(hint)")
        }
        defer { close(descriptor) }
        guard ioctl(descriptor, Self.reset, 0) == 0 else { throw Refused(description: "the kernel refused to reset \(node): errno \(errno)") }
    }

    /// `USBDEVFS_RESET` of <linux/usbdevice_fs.h>, `_IO('U', 20)`.
    private static let reset: UInt = 0x5514

    private func attribute(_ name: String, of path: String) -> String? {
        let file = devices.appendingPathComponent(path).appendingPathComponent(name)
        return try? String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
