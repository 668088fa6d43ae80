internal import CameraShim
internal import DeviceLink
internal import KioskModel

/// One open camera: the shim's calls with Swift's types and errors. Closed with the object.
final class CameraHandle {
    /// What was asked for, and what came of it.
    struct Stream {
        var asked: CameraMode
        /// frames a second that were asked for
        var rate: Int
        var agreed: kiosk_camera_mode
    }

    /// A whole frame in the camera's own memory, for the length of one call.
    struct Frame {
        var bytes: UnsafeBufferPointer<UInt8>
        var sequence: UInt32
        var mode: kiosk_camera_mode
    }

    let identity: [String: String]
    let modes: [CameraMode]
    private(set) var stream: Stream?
    private let camera: OpaquePointer

    init(_ place: CameraPlace) throws {
        (camera, identity) = try place.open()
        var listed = [kiosk_camera_mode](repeating: kiosk_camera_mode(), count: 64)
        let count = kiosk_camera_modes(camera, &listed, listed.count)
        modes = listed.prefix(Int(max(0, count))).compactMap(CameraMode.init)
        // Every property is set: the throw closes it through deinit.
        guard count >= 0, !modes.isEmpty else {
            throw CameraFailure(count < 0 ? kiosk_camera_error(rawValue: count) : KIOSK_CAMERA_UNSUPPORTED, "modes")
        }
    }

    deinit {
        kiosk_camera_close(camera)
    }

    func start(_ mode: CameraMode, rate: Int, within milliseconds: Int32) throws {
        stream = nil
        var wanted = mode.shim, agreed = kiosk_camera_mode()
        try CameraFailure.check(kiosk_camera_start(camera, &wanted, Int32(clamping: rate), milliseconds, &agreed), "start \(mode.description)")
        stream = Stream(asked: mode, rate: rate, agreed: agreed)
    }

    func stop() {
        stream = nil
        kiosk_camera_stop(camera)
    }

    /// Throws away what the camera had ready while nobody looked.
    func flush() throws {
        for _ in 0..<8 {
            var frame = kiosk_camera_frame()
            let result = kiosk_camera_take(camera, 0, &frame)
            if result == KIOSK_CAMERA_TIMEOUT.rawValue { return }
            try CameraFailure.check(result, "frame")
            try CameraFailure.check(kiosk_camera_give_back(camera, &frame), "frame")
        }
    }

    /// What a look for a frame came to.
    enum Look<Value> {
        case frame(Value)
        /// One that isn't whole, and was dropped.
        case damaged
        case nothing
    }

    /// Waits for a frame and hands it to `body`.
    func look<Value>(within milliseconds: Int32, _ body: (Frame) throws -> Value) throws -> Look<Value> {
        guard var mode = stream?.agreed else { throw CameraFailure(KIOSK_CAMERA_IO, "frame") }
        var frame = kiosk_camera_frame()
        let result = kiosk_camera_take(camera, milliseconds, &frame)
        if result == KIOSK_CAMERA_TIMEOUT.rawValue { return .nothing }
        try CameraFailure.check(result, "frame")
        let outcome = Result {
            guard !frame.damaged, let bytes = frame.bytes else { return Look<Value>.damaged }
            let whole = kiosk_camera_check(&mode, bytes, frame.length)
            guard whole > 0 else { return .damaged }
            return .frame(try body(Frame(bytes: UnsafeBufferPointer(start: bytes, count: whole), sequence: frame.sequence, mode: mode)))
        }
        try CameraFailure.check(kiosk_camera_give_back(camera, &frame), "frame")
        return try outcome.get()
    }
}
