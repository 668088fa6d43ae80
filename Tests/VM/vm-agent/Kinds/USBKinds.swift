extension DeviceKind {
    /// Readers on USB, behind vhci-hcd.
    static let usb: [DeviceKind] = []
}
