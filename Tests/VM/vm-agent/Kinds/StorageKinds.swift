extension DeviceKind {
    /// The data disk, the ways in which it fails, and the kiosk's queue on it.
    static let storage: [DeviceKind] = [
        DeviceKind(name: "disk", isDevice: false) { options, place in try DataDisk(options, place) },
        DeviceKind(name: "flakey-disk", isDevice: false) { options, place in try FlakeyDisk(options, place) },
        DeviceKind(name: "queue-load", isDevice: false) { options, place in try QueueLoadDevice(options, place) },
    ]
}
