extension DeviceKind {
    /// Kernel gadgets on dummy_hcd, vivid and uinput.
    static let gadgets: [DeviceKind] = []
}
