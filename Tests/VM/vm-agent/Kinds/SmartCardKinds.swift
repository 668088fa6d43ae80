extension DeviceKind {
    /// Smart-card readers: vsmartcard's, behind the real pcscd.
    static let smartCardReaders: [DeviceKind] = [
        DeviceKind(name: "vpcd") { options, _ in try VirtualPCDDevice(options: options) }
    ]
}
