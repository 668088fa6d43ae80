/// `POST /v1/devices/{name}/recording/end`: what passed on a device's line, in the form of the recordings of drivers, without personal data.
public struct DeviceRecording: Sendable, Codable, Equatable {
    public var device: String
    public var text: String

    public init(device: String, text: String) {
        self.device = device
        self.text = text
    }
}
