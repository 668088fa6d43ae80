internal import KioskModel

/// The configuration of one camera. Two cameras of a kiosk, face and document, are two devices with options of their own.
struct CameraOptions: Equatable {
    /// The bench's frame source, a Unix socket.
    var source: String?
    /// `/dev/video0`, or a link to it in /dev/v4l
    var device: String?
    /// iSerialNumber of the USB device
    var serial: String?
    /// `usb-0000:00:14.0-1`: controller and ports
    var path: String?
    /// the name of the model, as far as the kernel keeps it (31 bytes)
    var card: String?
    /// pixels: no larger size is used, for a capture either
    var largest: (width: Int, height: Int)?
    /// frames dropped at the start of a stream before a capture, until exposure has settled
    var settle = 8

    /// - Throws: a fault `camera.options` that says what to write.
    init(_ options: [String: String]) throws {
        for (key, value) in options.sorted(by: { $0.key < $1.key }) {
            guard !value.isEmpty else { throw Self.wrong("option \(key) is empty") }
            switch key {
            case "source": source = value
            case "device": device = value
            case "serial": serial = value
            case "path": path = value
            case "card": card = value
            case "largest":
                let sides = value.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
                guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0 else {
                    throw Self.wrong("largest=\(value) isn't a size; write largest=1920x1080")
                }
                largest = (width, height)
            case "settle":
                guard let count = Int(value), (0...100).contains(count) else {
                    throw Self.wrong("settle=\(value) isn't a number of frames; write settle=0 to settle=100")
                }
                settle = count
            default:
                throw Self.wrong("there is no option \(key); options are serial, path, card, device, largest, settle")
            }
        }
        if source != nil, device != nil || serial != nil || path != nil || card != nil {
            throw Self.wrong("source= is the bench's frame source and stands alone; leave serial, path, card and device out")
        }
        if let device, !device.hasPrefix("/dev/") { throw Self.wrong("device=\(device) isn't a path in /dev; write device=/dev/video0") }
    }

    static func wrong(_ what: String) -> DeviceFault { CameraFailure.fault("options", .configure, what) }

    static func == (left: Self, right: Self) -> Bool {
        (left.source, left.device, left.serial, left.path, left.card) == (right.source, right.device, right.serial, right.path, right.card)
            && left.largest?.width == right.largest?.width && left.largest?.height == right.largest?.height && left.settle == right.settle
    }
}
