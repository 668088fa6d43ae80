extension DeviceKind {
    /// Disks that fail, and what stores on them.
    static let storage: [DeviceKind] = []
}
