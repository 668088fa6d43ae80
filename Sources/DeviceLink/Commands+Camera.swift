public struct CameraRequest: Sendable, Codable, Hashable {
    /// pixels; the camera takes its nearest size that isn't smaller, or its largest
    public var width: Int
    public var height: Int
    /// frames a second, at most
    public var rate: Int

    public init(width: Int = 1280, height: Int = 720, rate: Int = 15) {
        self.width = width
        self.height = height
        self.rate = rate
    }
}

/// One JPEG from a camera, as the camera made it wherever it makes any.
public struct CameraFrame: Sendable, Codable, Hashable {
    public enum Light: String, Sendable, Codable { case good, dark, backlit }

    /// The camera's own count, from 0: a gap is a frame that was lost.
    public var sequence: Int
    /// pixels
    public var width: Int
    public var height: Int
    /// Of this frame, or of one not more than a second before it; nil while none was looked at.
    public var light: Light?

    public init(sequence: Int, width: Int, height: Int, light: Light? = nil) {
        self.sequence = sequence
        self.width = width
        self.height = height
        self.light = light
    }
}
