extension DeviceKind {
    /// The bench's @words@ on a serial port.
    static let @name@Kinds: [DeviceKind] = [
        DeviceKind(name: "pty-@name@") { options, _ in try Serial@Name@Device(options: options) }
    ]
}
