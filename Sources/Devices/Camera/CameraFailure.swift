internal import CameraShim
internal import KioskModel

/// A negative code of the shim, and what was being done when it came.
struct CameraFailure: Error, Equatable {
    var code: Int32
    /// `open`, `list`, `start 1280x720`, `frame`
    var step: String

    init(_ code: kiosk_camera_error, _ step: String) {
        self.code = code.rawValue
        self.step = step
    }

    @discardableResult
    static func check(_ result: Int32, _ step: @autoclosure () -> String) throws -> Int32 {
        guard result >= 0 else { throw CameraFailure(kiosk_camera_error(rawValue: result), step()) }
        return result
    }

    var isGone: Bool { code == KIOSK_CAMERA_GONE.rawValue }
    /// What a camera that was plugged in a moment ago does; asked again it works.
    var isPassing: Bool { code == KIOSK_CAMERA_IO.rawValue || code == KIOSK_CAMERA_TIMEOUT.rawValue }
    var isBandwidth: Bool { code == KIOSK_CAMERA_BANDWIDTH.rawValue }

    /// What the technician can do about it. The one place where codes are judged; a citizen can mend none of them.
    var meaning: DeviceFault {
        switch kiosk_camera_error(rawValue: code) {
        case KIOSK_CAMERA_TIMEOUT: Self.fault("no-frames", .reset, "no whole picture came in time (\(step))")
        case KIOSK_CAMERA_GONE: Self.fault("absent", .replug, "the camera isn't there, or was unplugged (\(step))")
        case KIOSK_CAMERA_ACCESS: Self.fault("access", .configure, "the kiosk's user may not open the camera: see Access needed in its README")
        case KIOSK_CAMERA_BUSY: Self.fault("busy", .reset, "another process streams from the camera (\(step))")
        case KIOSK_CAMERA_BANDWIDTH:
            Self.fault(
                "bandwidth", .replug,
                "the USB controller has no room for the stream, not at a smaller size either (\(step)): plug the camera into a port of another controller"
            )
        case KIOSK_CAMERA_UNSUPPORTED: Self.fault("unsupported", .replace, "the device isn't a camera that gives MJPEG or YUYV (\(step))")
        case KIOSK_CAMERA_NO_MEMORY: Self.fault("memory", .reset, "no memory for the camera's buffers (\(step))")
        case KIOSK_CAMERA_DAMAGED: Self.fault("damaged-frames", .replug, "only damaged pictures come: a bad cable, or a camera at its end (\(step))")
        case KIOSK_CAMERA_TOO_LARGE, KIOSK_CAMERA_LIBRARY: Self.fault("picture", .reset, "a picture couldn't be encoded or read: \(code) (\(step))")
        default: Self.fault("io-error", .replug, "\(step) answered \(code)")
        }
    }

    /// What the device list shows for it.
    var state: DeviceState {
        switch kiosk_camera_error(rawValue: code) {
        case KIOSK_CAMERA_GONE: .absent
        case KIOSK_CAMERA_ACCESS, KIOSK_CAMERA_UNSUPPORTED: .needsTechnician
        default: .offline
        }
    }

    static func fault(_ name: String, _ action: RepairAction, _ detail: String) -> DeviceFault {
        DeviceFault(code: "camera.\(name)", action: action, detail: detail)
    }
}
