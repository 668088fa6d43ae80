extension DeviceKind {
    /// The bench's simulators, which need no kernel device of their own: they run on any machine.
    static let simulators: [DeviceKind] = [
        DeviceKind(name: "pty-sdt") { options, _ in try SerialReaderDevice(options: options) },
        DeviceKind(name: "test-decoder") { options, place in try PhotoDecoderDevice(options: options, place: place) },
    ]
}
