extension DeviceKind {
    /// Lights, buzzer and sensors: a board on a socket.
    static let auxiliaries: [DeviceKind] = [
        DeviceKind(name: "gpio-socket") { options, _ in try SocketBoardDevice(options: options) }
    ]
}
