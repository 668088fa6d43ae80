internal import CameraShim
internal import DeviceLink
internal import KioskModel

extension CameraDriver {
    /// How long one wait for a frame lasts before the command is looked at again, milliseconds: well within the 200 ms in which a cancel is honoured.
    private static let frameWait: Int32 = 100
    /// How long one try to start may wait for the camera.
    private static let startWait: Int32 = 150

    /// Has the camera stream in the mode that `choose` takes: goes on with a warm stream where it fits, without what had piled up there.
    /// When the bus has no room, the next smaller size at half the rate is tried, once.
    func stream(_ context: CommandContext, rate: Int, _ choose: (CameraModes) -> CameraMode?) throws {
        try context.checkCancelled()
        let handle = try open()
        let modes = CameraModes(handle.modes, largest: options.largest)
        guard let mode = choose(modes) else { throw CameraFailure(KIOSK_CAMERA_UNSUPPORTED, "modes") }
        // A frame is a message to kioskd, which ends the link above 50 a second.
        let rate = min(max(rate, 1), 30)
        if let stream = handle.stream, stream.asked == mode, stream.rate == rate { return try handle.flush() }
        do {
            try start(handle, mode, rate: rate, context)
        } catch let failure as CameraFailure where failure.isBandwidth {
            try start(handle, modes.next(below: mode) ?? mode, rate: max(1, rate / 2), context)
        }
    }

    private func start(_ handle: CameraHandle, _ mode: CameraMode, rate: Int, _ context: CommandContext) throws {
        let end = ContinuousClock.now + timing.start
        while true {
            try context.checkCancelled()
            do {
                return try handle.start(mode, rate: rate, within: min(Self.startWait, context.remainingMilliseconds))
            } catch let failure as CameraFailure where failure.isPassing && .now < end && context.remainingMilliseconds > 0 {
                continue
            }
        }
    }

    /// Hands every whole frame to `body` until that returns something, or the deadline comes: then nil. Damaged ones are dropped and counted.
    /// - Throws: ``CameraFailure`` when no whole frame came for too long, or none at all; `CancellationError` soon after a cancel.
    func eachFrame<Value>(_ context: CommandContext, _ body: (CameraHandle.Frame) throws -> Value?) throws -> Value? {
        guard let handle else { throw CameraFailure(KIOSK_CAMERA_GONE, "frame") }
        var lastWhole = ContinuousClock.now
        var (whole, damaged) = (0, 0)
        while context.remainingMilliseconds > 0 {
            try context.checkCancelled()
            switch try handle.look(within: min(Self.frameWait, context.remainingMilliseconds), body) {
            case .frame(let value):
                (whole, damaged, lastWhole) = (whole + 1, 0, .now)
                if let value { return value }
                continue
            case .damaged:
                damaged += 1
                dropped += 1
            case .nothing: break
            }
            if lastWhole.duration(to: .now) >= timing.silence { throw Self.silent(damaged) }
        }
        try context.checkCancelled()
        guard whole > 0 else { throw Self.silent(damaged) }
        return nil
    }

    private static func silent(_ damaged: Int) -> CameraFailure {
        damaged == 0 ? CameraFailure(KIOSK_CAMERA_TIMEOUT, "frame") : CameraFailure(KIOSK_CAMERA_DAMAGED, "\(damaged) frames")
    }
}
