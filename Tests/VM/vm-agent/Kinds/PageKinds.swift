extension DeviceKind {
    /// What makes pages: scanners that libsane finds, and the imaging worker.
    static let pages: [DeviceKind] = [
        DeviceKind(name: "worker", isDevice: false) { options, _ in
            guard options.isEmpty else { throw DeviceTrouble("a worker has no options") }
            return WorkerDevice()
        },
        DeviceKind(name: "escl") { options, _ in try NetworkScannerDevice(options: options) },
    ]
}
