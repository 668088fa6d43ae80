internal import CameraShim
internal import DeviceLink
internal import KioskModel

extension CameraDriver {
    /// Between two looks at the light.
    private static let lightPause: Duration = .milliseconds(500)
    /// Between two looks for a code: zbar needs about 20 ms of a core for each.
    private static let codePause: Duration = .milliseconds(100)
    /// Frames to drop when the camera streamed in another size until now: its exposure has settled.
    private static let resettle = 2

    func preview(_ request: CameraRequest, _ context: CommandContext) throws -> DeviceReply {
        try stream(context, rate: request.rate) { $0.nearest(width: request.width, height: request.height) }
        var pace = FramePace(rate: request.rate)
        _ = try eachFrame(context) { frame -> Bool? in
            if let next = pace.next(frame.sequence) { try report(frame, sequence: next, context) }
            return nil
        }
        return DeviceReply(.done)
    }

    func capture(_ request: CameraRequest, _ context: CommandContext) throws -> DeviceReply {
        let before = handle?.stream?.asked
        try stream(context, rate: request.rate) { $0.largest }
        let isWarm = before != nil && before == handle?.stream?.asked
        var left = before == nil ? options.settle : isWarm ? 0 : min(Self.resettle, options.settle)
        let picture = try eachFrame(context) { frame -> (CameraFrame, MemoryFile)? in
            guard left == 0 else {
                left -= 1
                return nil
            }
            // A picture that begins and ends well may still not be one inside.
            guard let light = frame.light else {
                dropped += 1
                return nil
            }
            self.light = light
            return (describe(frame, sequence: Int(frame.sequence), light), try frame.file())
        }
        guard let (frame, file) = picture else { throw CancellationError() }
        return DeviceReply(.picture(frame), files: [file])
    }

    func awaitCode(_ request: CameraRequest, _ context: CommandContext) throws -> DeviceReply {
        try stream(context, rate: request.rate) { $0.nearest(width: request.width, height: request.height) }
        var pace = FramePace(rate: request.rate)
        var lastLook: ContinuousClock.Instant?
        let found = try eachFrame(context) { frame -> ScannedCode? in
            if let next = pace.next(frame.sequence) { try report(frame, sequence: next, context) }
            guard lastLook.map({ $0.duration(to: .now) >= Self.codePause }) != false else { return nil }
            lastLook = .now
            return frame.code()
        }
        guard let found else { throw CitizenRemedy.showCodeAgain }
        return DeviceReply(.code(found))
    }

    private func report(_ frame: CameraHandle.Frame, sequence: Int, _ context: CommandContext) throws {
        if lastLight.map({ $0.duration(to: .now) >= Self.lightPause }) != false {
            light = frame.light ?? light
            lastLight = .now
        }
        try context.report(.frame(describe(frame, sequence: sequence, light)), files: [try frame.file()])
    }

    private func describe(_ frame: CameraHandle.Frame, sequence: Int, _ light: CameraFrame.Light?) -> CameraFrame {
        CameraFrame(sequence: sequence, width: Int(frame.mode.width), height: Int(frame.mode.height), light: light)
    }
}
