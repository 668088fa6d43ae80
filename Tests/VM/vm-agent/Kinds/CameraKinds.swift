extension DeviceKind {
    /// `frames`: the frame source that stands in where no video device exists. The kernel's cameras are among the gadgets.
    static let cameras = [
        DeviceKind(name: "frames") { options, _ in try FrameSourceDevice(options: options) }
    ]
}
