extension DeviceKind {
    /// Numeric keypads: events on a socket, and the kernel's own.
    static let keypads: [DeviceKind] = [
        DeviceKind(name: "evdev-socket") { options, _ in try SocketKeypadDevice(options: options) },
        DeviceKind(name: "uinput-keypad") { options, place in try KernelKeypadDevice(options: options, place: place) },
    ]
}
