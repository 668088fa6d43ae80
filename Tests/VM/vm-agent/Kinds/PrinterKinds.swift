extension DeviceKind {
    /// A4 printers: by themselves, and behind a print server.
    static let printers: [DeviceKind] = [
        DeviceKind(name: "ipp") { options, _ in try PrinterDevice(behindServer: false, options: options) },
        DeviceKind(name: "cups") { options, _ in try PrinterDevice(behindServer: true, options: options) },
    ]
}
