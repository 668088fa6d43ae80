extension DeviceKind {
    /// The bench's lockers and code scanners on serial ports.
    static let lines: [DeviceKind] = [
        DeviceKind(name: "pty-locker") { options, _ in try SerialLockerDevice(options: options) },
        DeviceKind(name: "pty-scanner") { options, _ in try SerialScannerDevice(options: options) },
    ]
}
