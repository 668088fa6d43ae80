/// Resets the USB port of one device, as the kernel can: power is kept, the device starts anew.
public protocol PortResetter: Sendable {
    /// What is plugged in at a place such as `1-2.4` (bus and ports, as in /sys/bus/usb/devices). Quick. Throws when nothing is, or when the place isn't one.
    func device(at path: String) throws -> USBDevice

    /// Resets the port if that very device is still plugged in there; throws otherwise, or when kioskd has no access.
    func reset(_ device: USBDevice) async throws
}

/// A device on USB and where it is plugged in.
public struct USBDevice: Sendable, Hashable {
    /// `1-2.4`
    public var path: String
    /// Four hexadecimal digits each, as sysfs has them.
    public var vendor: String
    public var product: String
    public var serial: String?

    public init(path: String, vendor: String, product: String, serial: String?) {
        self.path = path
        self.vendor = vendor
        self.product = product
        self.serial = serial
    }
}
