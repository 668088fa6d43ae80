internal import CameraShim

/// A format and size that a camera lists.
struct CameraMode: Equatable, Sendable {
    enum Format: Int32 { case mjpeg = 1, yuyv = 2 }

    var format: Format
    /// pixels
    var width: Int
    var height: Int

    var area: Int { width * height }
    var description: String { "\(width)x\(height)" }

    init(_ format: Format, _ width: Int, _ height: Int) {
        (self.format, self.width, self.height) = (format, width, height)
    }

    init?(_ mode: kiosk_camera_mode) {
        guard let format = Format(rawValue: mode.format), mode.width > 0, mode.height > 0 else { return nil }
        self.init(format, Int(mode.width), Int(mode.height))
    }

    var shim: kiosk_camera_mode {
        kiosk_camera_mode(format: format.rawValue, width: Int32(clamping: width), height: Int32(clamping: height), stride: 0, limited: false)
    }
}

/// What a camera lists, as far as the kiosk uses it.
struct CameraModes: Equatable, Sendable {
    /// Smallest first, of one format: MJPEG wherever the camera makes it, since nothing has to be encoded and it needs a tenth of the bus.
    let modes: [CameraMode]

    init(_ all: [CameraMode], largest: (width: Int, height: Int)? = nil) {
        let format: CameraMode.Format = all.contains { $0.format == .mjpeg } ? .mjpeg : .yuyv
        let usable = all.filter { $0.format == format }.sorted { ($0.area, $0.width) < ($1.area, $1.width) }
        guard let largest else {
            modes = usable
            return
        }
        let within = usable.filter { $0.width <= largest.width && $0.height <= largest.height }
        // A camera whose least size is larger than the limit is used at that.
        modes = within.isEmpty ? Array(usable.prefix(1)) : within
    }

    /// The smallest size that isn't smaller on either side, or the largest there is.
    func nearest(width: Int, height: Int) -> CameraMode? {
        modes.first { $0.width >= width && $0.height >= height } ?? modes.last
    }

    var largest: CameraMode? { modes.last }

    func next(below mode: CameraMode) -> CameraMode? {
        modes.last { $0.area < mode.area }
    }
}
