extension DeviceKind {
    /// Receipt printers: the bench's, on a serial port and behind a gadget.
    static let receiptPrinters: [DeviceKind] = [
        DeviceKind(name: "pty-receipt") { options, _ in try SerialReceiptDevice(options: options) },
        DeviceKind(name: "usb-receipt") { options, place in try USBReceiptDevice(options: options, place: place) },
    ]
}
