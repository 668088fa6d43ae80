extension DeviceKind {
    /// Lights, buzzer and sensors: a board on a socket, and a chip of the kernel's.
    static let auxiliaries: [DeviceKind] = [
        DeviceKind(name: "gpio-socket") { options, _ in try SocketBoardDevice(options: options) },
        DeviceKind(name: "cp2112") { options, place in try KernelBoardDevice(options: options, place: place) },
    ]
}
