import VirtualUSB

extension DeviceKind {
    /// ID-card readers on USB: behind vhci-hcd in both framings, and as a gadget.
    static let usb: [DeviceKind] = [
        DeviceKind(name: "usb-sdt-a") { options, _ in try USBReaderDevice(framing: .split, options: options) },
        DeviceKind(name: "usb-sdt-b") { options, _ in try USBReaderDevice(framing: .whole, options: options) },
        DeviceKind(name: "functionfs-sdt") { options, _ in try FunctionFSReaderDevice(options: options) },
    ]
}
