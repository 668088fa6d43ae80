extension DeviceKind {
    /// Receipt printers: the bench's, on a serial port.
    static let receiptPrinters: [DeviceKind] = [
        DeviceKind(name: "pty-receipt") { options, _ in try SerialReceiptDevice(options: options) }
    ]
}
